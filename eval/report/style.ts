/** The report's style sheet: light and dark by the reader's setting, light on paper. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f6f3; --card: #ffffff; --ink: #1d2126; --faint: #6b7280; --rule: #e3e3de; --track: #f0f0ec;
  --good: #1a7f4b; --good-back: #e2f4ea; --bad: #b3372c; --bad-back: #fbe9e6; --missed: #8a6100; --missed-back: #fdf3d8;
  --s0: #2f6fd0; --s1: #db7a2a; --s2: #2a9586; --s3: #8f5fc2; --s4: #b8457e; --s5: #6f8a1f; --ensemble: #1d2126;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1d2126; --ink: #eceef0; --faint: #9aa3ad; --rule: #32383f; --track: #282d33;
    --good: #6fd6a0; --good-back: #17372a; --bad: #ff9c90; --bad-back: #43211e; --missed: #efc869; --missed-back: #3b3116;
    --s0: #6ea3f5; --s1: #f2a05c; --s2: #55c4b3; --s3: #b992e6; --s4: #e586b3; --s5: #aac653; --ensemble: #eceef0;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif;
}
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 56px; }
header p { margin: 4px 0 0; color: var(--faint); }
h1 { font-size: 28px; line-height: 1.2; letter-spacing: -0.015em; margin: 0; }
h2 { font-size: 18px; letter-spacing: -0.005em; margin: 0 0 4px; }
section { margin-top: 36px; }
section > p { margin: 0 0 14px; color: var(--faint); max-width: 76ch; }
.panel { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 18px 20px; }
.panel svg { display: block; width: 100%; height: auto; font-family: inherit; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 14px; margin-top: 26px; }
.cards .panel { padding: 14px 18px; }
.cards small { color: var(--faint); display: block; }
.cards b { display: block; font-size: 28px; line-height: 1.25; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; font-size: 12.5px; color: var(--faint); }
th, td { padding: 8px 10px; border-bottom: 1px solid var(--rule); }
tbody tr:last-child > * { border-bottom: 0; }
th.n, td.n { text-align: right; white-space: nowrap; }
tr.ensemble td { font-weight: 600; }
tr.constant td { color: var(--faint); }
td.best { color: var(--good); font-weight: 700; }
td.bar { width: 34%; min-width: 120px; }
.dot { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 9px; }
.track { background: var(--track); border-radius: 4px; height: 12px; overflow: hidden; }
.track i { display: block; height: 100%; border-radius: 4px; }
.scroll { overflow-x: auto; }
table.confusion { width: auto; font-size: 12px; }
.confusion th { font-weight: 400; white-space: nowrap; padding: 2px 6px; }
.confusion thead span { writing-mode: vertical-rl; transform: rotate(180deg); }
.confusion td { min-width: 24px; padding: 2px; text-align: center; border: 1px solid var(--rule); }
.confusion .right { background: color-mix(in srgb, var(--good) var(--share), transparent); }
.confusion .wrong { background: color-mix(in srgb, var(--bad) var(--share), transparent); }
details { margin-top: 12px; }
summary { cursor: pointer; color: var(--faint); }
details table { font-size: 13px; margin-top: 8px; }
details th, details td { padding: 4px 8px; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(206px, 1fr)); gap: 14px; }
figure { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; overflow: hidden; }
figure img { display: block; width: 100%; height: auto; background: var(--track); }
figcaption { padding: 9px 12px 11px; font-size: 12.5px; }
figcaption small { color: var(--faint); display: flex; justify-content: space-between; gap: 8px; }
.chips { display: flex; flex-wrap: wrap; gap: 4px; margin-top: 6px; }
.chip { border-radius: 5px; padding: 1px 7px; white-space: nowrap; }
.hit { color: var(--good); background: var(--good-back); }
.extra { color: var(--bad); background: var(--bad-back); }
.missed { color: var(--missed); background: var(--missed-back); }
.key { display: flex; flex-wrap: wrap; gap: 6px 16px; margin: 0 0 14px; font-size: 12.5px; color: var(--faint); align-items: center; }
footer { margin-top: 44px; padding-top: 14px; border-top: 1px solid var(--rule); color: var(--faint); font-size: 12.5px; }
footer p { margin: 3px 0; overflow-wrap: anywhere; }
code { font: 12.5px ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; }
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --card: #fff; --ink: #1d2126; --faint: #5b6470; --rule: #dcdcd6; --track: #f0f0ec;
    --good: #1a7f4b; --good-back: #e2f4ea; --bad: #b3372c; --bad-back: #fbe9e6; --missed: #8a6100; --missed-back: #fdf3d8;
    --s0: #2f6fd0; --s1: #db7a2a; --s2: #2a9586; --s3: #8f5fc2; --s4: #b8457e; --s5: #6f8a1f; --ensemble: #1d2126;
  }
  body { print-color-adjust: exact; -webkit-print-color-adjust: exact; font-size: 12px; }
  main { max-width: none; padding: 0; }
  figure, .cards .panel, tr { break-inside: avoid; }
  h2, section > p, .key { break-after: avoid; }
}
`;
