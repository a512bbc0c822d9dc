import { isOpen } from './format-table.ts';
import type { ReportedFinding, StackReport } from './report-schema.ts';

const commands: Readonly<Record<ReportedFinding['severity'], string>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'notice',
  info: 'notice',
};

/**
 * A stack's report as workflow commands, which GitHub shows beside the lines.
 * https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 */
export function* formatStackGithub(stack: StackReport): Generator<string> {
  for (const finding of stack.findings.filter(isOpen)) {
    const { file, line, endLine, column } = finding.position;
    const text = `${finding.subject}: ${finding.title}. Seen: ${finding.seen}; expected: ${finding.expected}`;
    yield `::${commands[finding.severity]} file=${property(file)},line=${line},endLine=${endLine},col=${column},title=${property(finding.control)}::${data(text)}\n`;
  }
  for (const gap of stack.gaps) {
    yield `::warning file=${property(gap.file)},line=${gap.line},col=${gap.column},title=not examined::${data(`${gap.what}. ${gap.hint}`)}\n`;
  }
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
