const themes = ['auto', 'light', 'dark'] as const;

/** A button that goes round the system's theme, light and dark, and remembers the choice where the browser lets it. */
export function setUpTheme(button: HTMLButtonElement): void {
  const remembered = recall();
  let theme = themes.find((known) => known === remembered) ?? 'auto';
  const apply = () => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `◐ ${theme}`;
    button.ariaLabel = `Theme: ${theme}`;
  };
  button.onclick = () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    const isKept = keep(theme);
    button.title = isKept ? '' : 'Not remembered: this browser keeps nothing for this page';
    apply();
  };
  apply();
}

/** Where cookies are blocked, or in a sandboxed frame, even to look at the storage throws. */
function recall(): string | null {
  try {
    return localStorage.getItem('theme');
  } catch {
    return null;
  }
}

function keep(theme: string): boolean {
  try {
    localStorage.setItem('theme', theme);
    return true;
  } catch {
    return false;
  }
}
