"""The style of a page: on a screen of any width, in light and dark, and on paper."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1f2328; --muted: #59636e; --ground: #fff;
  --card: #f6f8fa; --line: #d1d9e0; --link: #0550ae; --bar: #b6d4f2; --grave: #a40e26; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --muted: #9aa4ae; --ground: #0d1117; --card: #161b22;
    --line: #3d444d; --link: #79b8ff; --bar: #234a73; --grave: #ff9b93; }
}
* { box-sizing: border-box; }
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground);
  max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; overflow-wrap: break-word; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.4rem; line-height: 1.25; margin: 3rem 0 .75rem; padding-top: 1rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1.1rem; line-height: 1.3; margin: 2rem 0 .5rem; }
p, li { max-width: 46rem; } .lead { color: var(--muted); margin-top: 0; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; top: .5rem; }
.skip:focus { left: .5rem; padding: .5rem 1rem; background: var(--ground); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; }
nav a { display: inline-block; padding: .25rem 0; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(12.5rem, 100%), 1fr));
  gap: .75rem; margin: 1rem 0; }
dl div { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: .6rem .8rem; }
dt { color: var(--muted); font-size: .85rem; }
dd { margin: 0; font-size: 1.1rem; font-weight: 600; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; }
.notes { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: .75rem 1rem .75rem 2rem; }
figure { margin: 1rem 0 1.5rem; }
figcaption { color: var(--muted); max-width: 46rem; margin-bottom: .5rem; }
.wide { overflow-x: auto; max-width: 100%; }
.picture { background: #fff; color: #1f2328; border: 1px solid var(--line);
  border-radius: .5rem; padding: .5rem; }
.picture svg { display: block; width: 100%; min-width: 38rem; max-width: 60rem; height: auto;
  margin: 0 auto; }
.picture svg * { stroke-linejoin: round; stroke-linecap: butt; }
details { margin: .5rem 0; } summary { cursor: pointer; color: var(--link); padding: .25rem 0; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); padding: .25rem 0 .5rem; }
caption span { position: sticky; left: 0; display: inline-block;
  max-width: min(46rem, calc(100vw - 2rem)); }
th, td { padding: .3rem .75rem .3rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; } tbody th { font-weight: 500; }
td.number, th.number { text-align: right; white-space: nowrap; }
tbody th, .name { min-width: 7rem; max-width: 24rem; overflow-wrap: anywhere; }
tbody .path { min-width: 14rem; max-width: 46rem; }
.bar { width: 12rem; min-width: 6rem; vertical-align: middle; }
.bar span { display: block; print-color-adjust: exact; height: .8rem; min-width: 1px;
  background: var(--bar); border-radius: 2px; }
.whole { white-space: nowrap; } .severity { font-weight: 600; }
.findings { width: 100%; } .findings .meaning { min-width: 16rem; }
article { margin: 2.5rem 0; border-top: 2px solid var(--line); padding-top: 1rem; }
article:target { outline: 3px solid var(--link); outline-offset: .5rem; }
article h3 { margin-top: 0; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line);
  color: var(--muted); font-size: .9rem; }
@media screen and (max-width: 48rem) {
  dl { grid-template-columns: 1fr 1fr; gap: .5rem; } .bar { display: none; }
  dd { font-size: 1rem; } h2 { margin-top: 2rem; } .picture svg { min-width: 46rem; }
}
@media (max-width: 48rem) {
  .findings thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px;
    overflow: hidden; }
  .findings tr, .findings th, .findings td { display: block; border: 0; padding: .1rem 0; }
  .findings td:empty { display: none; } .findings .meaning { min-width: 0; }
  .findings tr { border-bottom: 1px solid var(--line); padding: .8rem 0; }
  .findings td::before { content: attr(data-label) ": "; color: var(--muted); }
  .findings .number { text-align: left; }
  .findings tbody th { max-width: none; font-weight: 600; }
}
@media print {
  :root { color-scheme: light; --ink: #000; --muted: #444; --ground: #fff; --card: #fff;
    --line: #999; --link: #000; --bar: #bbb; --grave: #000; }
  @page { margin: 15mm; }
  body { max-width: none; margin: 0; padding: 0; font-size: 10pt; }
  nav, .skip, .back, details:not([open]), details summary { display: none; }
  a { text-decoration: none; } h2 { margin-top: 1.5rem; }
  dl { grid-template-columns: repeat(4, 1fr); }
  h1, h2, h3, figcaption, caption { break-after: avoid; }
  h3, p { orphans: 3; widows: 3; }
  figure, tr, dl div, .picture { break-inside: avoid; }
  thead { display: table-header-group; }
  .wide { overflow: visible; } .wide td, .wide th { overflow-wrap: anywhere; }
  .session-told td, .session-told th { font-size: 8pt; }
  .session-told tbody th { min-width: 5.5rem; } .session-told td.page { min-width: 5rem; }
  .session-told td.changes { min-width: 11rem; }
  .picture { border: 0; padding: 0; }
  .picture svg { min-width: 0; max-width: 100%; max-height: 230mm; }
  td, th { padding-right: .5rem; } tbody .path, .findings .meaning { min-width: 0; }
  caption span { position: static; max-width: none; }
  article { break-before: page; }
}
"""
