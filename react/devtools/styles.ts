/** The panel's styles. Those of the host are important, so that no rule of the app's applies to it. */
export const STYLES = `
:host {
  all: initial !important;
  position: fixed !important;
  z-index: 2147483647 !important;
  display: flex !important;
  gap: 8px !important;
  pointer-events: none !important;
  color-scheme: light dark !important;
  --paper: light-dark(#fffdf9, #1c1915);
  --field: light-dark(#f4f0e8, #121009);
  --ink: light-dark(#231f19, #ebe5d9);
  --dim: light-dark(#6c6457, #a0978a);
  --line: light-dark(#d9cfbd, #3d372d);
  --accent: light-dark(#b8371c, #ff8562);
  --good: light-dark(#2c6a3f, #8ccb98);
  --busy: light-dark(#8a4b06, #e7b36a);
  --bad: light-dark(#a8261a, #ff8f80);
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas,
    "Liberation Mono", monospace;
  font: 13px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
    "Liberation Sans", sans-serif !important;
  color: var(--ink) !important;
}
:host([data-corner^="bottom"]) {
  bottom: 12px !important;
  flex-direction: column-reverse !important;
}
:host([data-corner^="top"]) {
  top: 12px !important;
  flex-direction: column !important;
}
:host([data-corner$="right"]) {
  right: 12px !important;
  align-items: flex-end !important;
}
:host([data-corner$="left"]) {
  left: 12px !important;
  align-items: flex-start !important;
}
@media print {
  :host {
    display: none !important;
  }
}
* {
  box-sizing: border-box;
  margin: 0;
  padding: 0;
}
[hidden] {
  display: none !important;
}
:focus-visible {
  outline: 2px solid var(--accent);
  outline-offset: 1px;
}
button, section {
  pointer-events: auto;
  background: var(--paper);
  border: 1px solid var(--line);
  box-shadow: 0 2px 10px rgb(0 0 0 / 18%);
}
button {
  display: flex;
  align-items: center;
  gap: 7px;
  min-height: 32px;
  padding: 0 12px;
  border-radius: 16px;
  font: inherit;
  font-weight: 600;
  color: inherit;
  cursor: pointer;
}
button span:last-child {
  font-weight: 400;
  color: var(--dim);
  font-variant-numeric: tabular-nums;
}
.dot {
  width: 9px;
  height: 9px;
  border-radius: 50%;
  background: var(--dim);
}
[data-mood="good"] {
  --mood: var(--good);
}
[data-mood="busy"] {
  --mood: var(--busy);
}
[data-mood="bad"] {
  --mood: var(--bad);
}
.dot[data-mood] {
  background: var(--mood, var(--dim));
}
section {
  width: min(480px, calc(100vw - 24px));
  max-height: min(640px, calc(100dvh - 72px));
  overflow-y: auto;
  overscroll-behavior: contain;
  border-radius: 10px;
}
header {
  display: flex;
  flex-wrap: wrap;
  align-items: baseline;
  gap: 2px 10px;
}
section > header {
  padding: 10px 14px;
}
h2 {
  font-size: 14px;
}
h3 {
  font: 600 13px/1.45 var(--mono);
  overflow-wrap: anywhere;
}
article {
  display: grid;
  gap: 8px;
  padding: 11px 14px 12px;
  border-top: 1px solid var(--line);
}
.dim, dt, time {
  color: var(--dim);
}
.state {
  font-weight: 600;
  color: var(--mood, var(--dim));
}
.state::before {
  content: "";
  display: inline-block;
  width: 8px;
  height: 8px;
  margin-right: 5px;
  border-radius: 50%;
  background: currentColor;
}
dl {
  display: grid;
  grid-template-columns: max-content minmax(0, 1fr);
  gap: 1px 12px;
}
dd, .outage, .gaps {
  overflow-wrap: anywhere;
}
.id {
  font-family: var(--mono);
  font-size: 12px;
}
.outage, .gaps {
  padding: 5px 9px;
  border-left: 3px solid var(--bad);
  background: var(--field);
  white-space: pre-line;
}
.outage[data-over="true"] {
  border-color: var(--line);
}
.gaps {
  border-color: var(--busy);
}
ol {
  max-height: 242px;
  overflow-y: auto;
  overscroll-behavior: contain;
  border: 1px solid var(--line);
  border-radius: 6px;
  list-style: none;
}
li + li {
  border-top: 1px solid var(--line);
}
summary {
  display: flex;
  gap: 8px;
  padding: 3px 8px;
  white-space: nowrap;
  cursor: pointer;
}
summary::before {
  content: "\\25b8";
  color: var(--dim);
}
[open] > summary::before {
  content: "\\25be";
}
summary:hover {
  background: var(--field);
}
summary:focus-visible {
  outline-offset: -2px;
}
time {
  font-variant-numeric: tabular-nums;
}
i {
  color: var(--dim);
}
code, pre {
  font: 12px/1.6 var(--mono);
}
code {
  min-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
}
details .id, pre {
  padding: 2px 8px 6px;
  overflow-wrap: anywhere;
}
details .id {
  padding-bottom: 0;
  color: var(--dim);
}
pre {
  white-space: pre-wrap;
}
`;
