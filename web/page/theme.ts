const themes = ['auto', 'light', 'dark'] as const;

/** A button that goes round the system's theme, light and dark, and remembers the choice. */
export function setUpTheme(button: HTMLButtonElement): void {
  let theme = themes.find((known) => known === localStorage.getItem('theme')) ?? 'auto';
  const apply = () => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `◐ ${theme}`;
    button.ariaLabel = `Theme: ${theme}`;
  };
  button.onclick = () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    localStorage.setItem('theme', theme);
    apply();
  };
  apply();
}
