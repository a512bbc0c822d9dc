import { lineText, type SourceFile } from '../compose/source.ts';
import type { Control } from '../controls/control.ts';
import type { AuditReport, ReportedFinding, StackReport } from './report-schema.ts';
import { formatScore } from './score.ts';

/** How a report is shown. */
export interface TableOptions {
  sources: ReadonlyMap<string, SourceFile>;
  controls: ReadonlyMap<string, Control>;
  /** Also what is waived, excepted, or in the baseline. */
  all: boolean;
  /** Paints a text; the plain text where nothing is coloured. */
  paint: (
    style: 'critical' | 'high' | 'medium' | 'low' | 'info' | 'dim' | 'bold',
    text: string,
  ) => string;
}

const order = ['critical', 'high', 'medium', 'low', 'info'] as const;

/**
 * One stack for people: each finding as `file:line:column: severity CONTROL subject: what`, with the
 * line it is about and what to do, then the gaps, then the score. Editors find the places by the
 * pattern `^(.+):(\d+):(\d+): (critical|high|medium|low|info) (\S+) (.*)$`.
 */
export function* formatStackTable(stack: StackReport, options: TableOptions): Generator<string> {
  const open = stack.findings.filter(isOpen);
  const bySeverity = Map.groupBy(
    options.all ? stack.findings : open,
    (finding) => finding.severity,
  );
  for (const severity of order) {
    for (const finding of bySeverity.get(severity) ?? []) yield formatFinding(finding, options);
  }
  for (const gap of stack.gaps) {
    const { paint } = options;
    yield `${gap.file}:${gap.line}:${gap.column}: ${paint('dim', 'not examined')}: ${gap.what}\n  ${gap.hint}\n`;
  }
  yield formatStackScore(stack, open, options);
}

/** True where a finding counts: known, not waived, not excepted, not in the baseline. */
export function isOpen(finding: ReportedFinding): boolean {
  return (
    finding.status === 'fail' &&
    finding.isNew &&
    finding.waiver === undefined &&
    finding.exception === undefined
  );
}

function formatFinding(finding: ReportedFinding, options: TableOptions): string {
  const { paint } = options;
  const { file, line, column } = finding.position;
  const note =
    finding.waiver !== undefined
      ? ` [waived until ${finding.waiver.until}: ${finding.waiver.reason}]`
      : finding.exception !== undefined
        ? ` [excepted: ${finding.exception}]`
        : finding.status === 'unknown'
          ? ' [unknown]'
          : finding.isNew
            ? ''
            : ' [in the baseline]';
  const head = `${paint('bold', `${file}:${line}:${column}`)}: ${paint(finding.severity, finding.severity)} ${finding.control} ${finding.subject}: ${finding.title}${note}\n`;
  const frame = codeFrame(options.sources.get(file), finding, paint);
  const remedy = options.controls.get(finding.control)?.remedy ?? '';
  return `${head}${frame}  seen: ${finding.seen}; expected: ${finding.expected}\n  ${paint('dim', remedy)}\n\n`;
}

/** The line that a finding is about with a mark below it. What may be a secret is not shown. */
function codeFrame(
  source: SourceFile | undefined,
  finding: ReportedFinding,
  paint: TableOptions['paint'],
): string {
  const { line, column, endLine, endColumn } = finding.position;
  const text = source ? shownLine(source, finding) : '';
  if (text === '') return '';
  const width = endLine === line ? endColumn - column : text.length - column + 1;
  const number = String(line);
  const at = Math.min(column, text.length) - 1;
  const mark = `${' '.repeat(at)}${'^'.repeat(Math.max(1, Math.min(width, text.length - at)))}`;
  return `  ${paint('dim', `${number} |`)} ${text}\n  ${paint('dim', `${' '.repeat(number.length)} |`)} ${mark}\n`;
}

const secretWord = /pass|pwd|secret|token|key|cred|auth|dsn|hash/i;
const valuePart = /^(\s*(?:-\s*)?["']?[\w.-]+["']?\s*[:=]\s*)(\S.*)$/;
/** Of a longer line the beginning is shown. */
const widest = 160;

/**
 * The line of a finding without what may be a credential: reports are sent around. Where the line
 * speaks of one, or the finding does, only the first key is left. Nothing is shown of what stands
 * far behind in a long line: half a credential has no word before it.
 */
export function shownLine(source: SourceFile, finding: ReportedFinding): string {
  const { line, column } = finding.position;
  const text = lineText(source, line, widest + 1);
  const short = text.length > widest ? `${text.slice(0, widest - 1)}…` : text;
  const isSecret =
    column > widest ||
    finding.domain === 'secrets' ||
    finding.path.includes('environment') ||
    secretWord.test(short);
  if (!isSecret) {
    return short.includes('://') ? short.replaceAll(/:\/\/[^\s/@]+@/g, '://…@') : short;
  }
  return valuePart.test(short) ? short.replace(valuePart, '$1…') : '…';
}

function formatStackScore(
  stack: StackReport,
  open: readonly ReportedFinding[],
  { paint }: TableOptions,
): string {
  const { score } = stack;
  const counts = order
    .map((severity) => [open.filter((one) => one.severity === severity).length, severity] as const)
    .filter(([count]) => count > 0)
    .map(([count, severity]) => `${count} ${severity}`);
  const cap = score.cap.limit < 100 ? `, capped at ${score.cap.limit}: ${score.cap.reason}` : '';
  const waived =
    score.withoutWaivers === score.score
      ? ''
      : `, ${score.withoutWaivers.toFixed(2)} without waivers`;
  const gains = score.gains.map(({ control, gain }) => `${control} +${gain.toFixed(2)}`).join(', ');
  return [
    `${paint('bold', stack.name)}: score ${paint('bold', formatScore(score))}${cap}${waived}`,
    `  ${stack.services} service${stack.services === 1 ? '' : 's'}, ${counts.join(', ') || 'no findings'}${stack.gaps.length > 0 ? `, ${stack.gaps.length} not examined` : ''}`,
    ...(gains ? [`  gains most: ${gains}`] : []),
    '',
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** The line about all stacks; empty where there is one only. */
export function formatSummary(summary: AuditReport['summary']): string {
  if (summary.stacks < 2) return '';
  const counts = order.map(
    (severity) => `${summary[severity as keyof typeof summary] ?? 0} ${severity}`,
  );
  return `${summary.stacks} stacks, ${summary.services} services: ${counts.join(', ')}; ${summary.gaps} not examined; lowest score ${summary.score?.toFixed(2) ?? 'none'}\n`;
}
