/** The one style sheet of the HTML report. Its hash is in the page's policy: nothing else applies. */
export const htmlStyle = `
:root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--dim:#59636e;--line:#d1d9e0;--card:#f6f8fa;--bad:#b3261e;--warn:#9a6700;--ok:#1a7f37}
@media (prefers-color-scheme:dark){:root{--fg:#e6edf3;--bg:#0d1117;--dim:#9198a1;--line:#3d444d;--card:#151b23;--bad:#ff7b72;--warn:#d29922;--ok:#3fb950}}
body{margin:0 auto;max-width:70rem;padding:1.5rem;font:15px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg)}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}h3{font-size:1rem}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--card);padding:.6rem;overflow-x:auto;border-radius:6px}
table{border-collapse:collapse;width:100%;margin:.8rem 0}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
.score{display:flex;gap:1.5rem;align-items:baseline;flex-wrap:wrap}.score b{font-size:2.4rem}
.dim{color:var(--dim)}.critical,.high{color:var(--bad);font-weight:600}.medium{color:var(--warn);font-weight:600}.low,.info{color:var(--dim)}
details{border:1px solid var(--line);border-radius:6px;padding:.4rem .8rem;margin:.5rem 0}summary{cursor:pointer}
.picture{overflow-x:auto;border:1px solid var(--line);border-radius:6px;padding:.5rem}
svg text{font:13px system-ui,sans-serif;fill:var(--fg)}svg .zone{font-weight:600;fill:var(--dim)}svg .note{font-size:11px;fill:var(--dim)}
svg rect{fill:var(--card);stroke:var(--line)}svg .grant rect{stroke:var(--bad);stroke-width:2}
svg path{fill:none}svg .net{stroke-width:2.5;opacity:.75}svg .open{stroke-dasharray:7 4}
svg .way{stroke:var(--dim);stroke-width:1.5}svg .unguarded{stroke:var(--bad)}
.n0{stroke:#0969da}.n1{stroke:#8250df}.n2{stroke:#1a7f37}.n3{stroke:#bf8700}.n4{stroke:#cf222e}.n5{stroke:#0550ae}.n6{stroke:#953800}.n7{stroke:#57606a}
@media print{details{break-inside:avoid}}
`;
