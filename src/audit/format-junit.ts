import { isOpen } from './format-table.ts';
import type { AuditReport, ReportedFinding, StackReport } from './report-schema.ts';

/**
 * A report as JUnit XML: a suite for each stack, a case for each control that applies, failed with
 * every open finding in its text; what is unknown or waived is skipped with the reason.
 */
export function formatJunit(report: AuditReport): string {
  const suites = report.stacks.map(suiteOf);
  const total = (key: 'tests' | 'failures' | 'skipped'): number =>
    suites.reduce((all, suite) => all + suite[key], 0);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="jacker audit" tests="${total('tests')}" failures="${total('failures')}" skipped="${total('skipped')}" timestamp="${escapeXml(report.at)}">\n${suites.map((suite) => suite.xml).join('')}</testsuites>\n`;
}

function suiteOf(stack: StackReport) {
  const byControl = new Map<string, ReportedFinding[]>();
  for (const finding of stack.findings) {
    const list = byControl.get(finding.control);
    if (list) list.push(finding);
    else byControl.set(finding.control, [finding]);
  }
  let failures = 0;
  let skipped = 0;
  const cases: string[] = [];
  for (const control of stack.controls) {
    const findings = byControl.get(control.id) ?? [];
    if (control.pass + findings.length === 0) continue;
    const open = findings.filter(isOpen);
    const rest = findings.filter((finding) => !isOpen(finding));
    let inner = '';
    if (open.length > 0) {
      failures++;
      const text = open.map(describe).join('\n');
      inner = `<failure message="${escapeXml(open[0]?.title ?? '')}" type="${control.severity}">${escapeXml(text)}</failure>`;
    } else if (rest.length > 0) {
      skipped++;
      inner = `<skipped message="${escapeXml(rest.map(describe).join('\n'))}"/>`;
    }
    cases.push(
      `    <testcase classname="${escapeXml(stack.name)}" name="${escapeXml(control.id)}" file="${escapeXml(findings[0]?.position.file ?? stack.name)}">${inner}</testcase>\n`,
    );
  }
  for (const gap of stack.gaps) {
    skipped++;
    cases.push(
      `    <testcase classname="${escapeXml(stack.name)}" name="${escapeXml(`not examined: ${gap.file}:${gap.line}`)}"><skipped message="${escapeXml(`${gap.what}. ${gap.hint}`)}"/></testcase>\n`,
    );
  }
  const score = `    <properties><property name="score" value="${stack.score.score.toFixed(2)}"/></properties>\n`;
  return {
    tests: cases.length,
    failures,
    skipped,
    xml: `  <testsuite name="${escapeXml(stack.name)}" tests="${cases.length}" failures="${failures}" skipped="${skipped}">\n${score}${cases.join('')}  </testsuite>\n`,
  };
}

function describe(finding: ReportedFinding): string {
  const { file, line, column } = finding.position;
  const why = finding.waiver?.reason ?? finding.exception ?? '';
  return `${file}:${line}:${column}: ${finding.status} ${finding.subject}: ${finding.seen} (expected ${finding.expected})${why ? ` [${why}]` : ''}`;
}

/** Text for XML 1.0, which has no place at all for most control characters. */
export function escapeXml(text: string): string {
  return text
    .replace(
      /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
      '\uFFFD',
    )
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;')
    .replaceAll('\n', '&#10;');
}
