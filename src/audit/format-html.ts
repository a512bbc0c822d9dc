import { createHash } from 'node:crypto';
import type { SourceFile } from '../compose/source.ts';
import type { Control } from '../controls/control.ts';
import { escapeHtml } from './escape-html.ts';
import { isOpen, shownLine } from './format-table.ts';
import { htmlStyle } from './html-style.ts';
import { mostDrawn, networkPicture } from './network-picture.ts';
import type { AuditReport, ReportedFinding, StackReport } from './report-schema.ts';
import { formatScore } from './score.ts';

const order = ['critical', 'high', 'medium', 'low', 'info'];

/**
 * A report as one HTML page. It loads nothing and runs nothing: its own policy allows the one style
 * sheet in it, by its hash, so that it opens the same under the strictest policy of a server.
 */
export function* formatHtml(
  report: AuditReport,
  controls: ReadonlyMap<string, Control>,
  sources: ReadonlyMap<string, SourceFile>,
): Generator<string> {
  const hash = createHash('sha256').update(htmlStyle).digest('base64');
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
<title>Jacker audit</title>
<style>${htmlStyle}</style>
</head>
<body>
<h1>Audit of ${report.stacks.length === 1 ? escapeHtml(report.stacks[0]?.name ?? '') : `${report.stacks.length} stacks`}</h1>
<p class="dim">Jacker ${escapeHtml(report.tool.version)}, ${escapeHtml(report.at)}. ${report.summary.services} services.</p>
`;
  if (report.stacks.length > 1) yield overview(report);
  for (const [index, stack] of report.stacks.entries())
    yield* section(stack, index, controls, sources);
  yield '</body>\n</html>\n';
}

function overview(report: AuditReport): string {
  const rows = report.stacks.map(
    (stack, index) =>
      `<tr><td><a href="#stack-${index}">${escapeHtml(stack.name)}</a></td><td>${escapeHtml(formatScore(stack.score))}</td><td>${stack.findings.filter(isOpen).length}</td><td>${stack.gaps.length}</td></tr>`,
  );
  return `<table><thead><tr><th>Stack</th><th>Score</th><th>Findings</th><th>Not examined</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>\n`;
}

function* section(
  stack: StackReport,
  index: number,
  controls: ReadonlyMap<string, Control>,
  sources: ReadonlyMap<string, SourceFile>,
): Generator<string> {
  const { score } = stack;
  const cap = score.cap.limit < 100 ? `Capped at ${score.cap.limit}: ${score.cap.reason}.` : '';
  const waived =
    score.score === score.withoutWaivers
      ? ''
      : ` ${score.withoutWaivers.toFixed(2)} without waivers.`;
  yield `<h2 id="stack-${index}">${escapeHtml(stack.name)}</h2>
<div class="score"><b>${score.score.toFixed(2)}</b> <span>grade ${escapeHtml(score.grade)}${score.staticOnly ? ', from files only' : ''}</span> <span>coverage ${(score.coverage * 100).toFixed(0)}%</span> <span class="dim">${escapeHtml(cap)}${escapeHtml(waived)}</span></div>
<table><thead><tr><th>Domain</th><th>Score</th><th>Weight</th></tr></thead><tbody>${score.domains.map((one) => `<tr><td>${escapeHtml(one.domain)}</td><td>${one.score.toFixed(2)}</td><td>${one.weight}</td></tr>`).join('')}</tbody></table>
`;
  if (score.gains.length > 0) {
    yield `<p>Gains most: ${score.gains.map((one) => `${escapeHtml(one.control)} +${one.gain.toFixed(2)}`).join(', ')}.</p>\n`;
  }
  yield stack.graph.services.length > mostDrawn
    ? `<p class="dim">No picture: ${stack.graph.services.length} services are too many for one.</p>\n`
    : `<div class="picture">${networkPicture(stack.graph)}</div>\n<p class="dim">A line is a network, dashed where it leads outside; a red arrow comes in without a sign-in; a red box holds what opens the host.</p>\n`;
  const findings = [...stack.findings].sort(
    (a, b) => order.indexOf(a.severity) - order.indexOf(b.severity),
  );
  yield `<h3>Findings</h3>\n`;
  if (findings.length === 0) yield '<p>None.</p>\n';
  for (const finding of findings) yield findingOf(finding, controls, sources);
  if (stack.gaps.length > 0) {
    yield `<h3>Not examined</h3>\n<ul>${stack.gaps.map((gap) => `<li><code>${escapeHtml(`${gap.file}:${gap.line}`)}</code>: ${escapeHtml(gap.what)}. ${escapeHtml(gap.hint)}</li>`).join('\n')}</ul>\n`;
  }
}

function findingOf(
  finding: ReportedFinding,
  controls: ReadonlyMap<string, Control>,
  sources: ReadonlyMap<string, SourceFile>,
): string {
  const { file, line } = finding.position;
  const control = controls.get(finding.control);
  const source = sources.get(file);
  const excerpt = source ? shownLine(source, finding) : '';
  const note = finding.waiver
    ? `Waived until ${finding.waiver.until}: ${finding.waiver.reason}`
    : finding.exception !== undefined
      ? `Excepted: ${finding.exception}`
      : finding.status === 'unknown'
        ? 'Unknown: never a pass'
        : finding.isNew
          ? ''
          : 'In the baseline';
  return `<details${isOpen(finding) && ['critical', 'high'].includes(finding.severity) ? ' open' : ''}><summary><span class="${finding.severity}">${finding.severity}</span> ${escapeHtml(finding.control)} <b>${escapeHtml(finding.subject)}</b>: ${escapeHtml(finding.title)}${note ? ` <span class="dim">(${escapeHtml(note)})</span>` : ''}</summary>
<p><code>${escapeHtml(`${file}:${line}`)}</code> Seen: ${escapeHtml(finding.seen)}. Expected: ${escapeHtml(finding.expected)}.</p>
${excerpt.trim() ? `<pre>${line} | ${escapeHtml(excerpt)}</pre>` : ''}
<p>${escapeHtml(control?.why ?? '')}</p><p><b>What to do:</b> ${escapeHtml(control?.remedy ?? '')}</p></details>
`;
}
