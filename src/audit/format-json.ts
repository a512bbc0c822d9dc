import type { AuditReport, StackReport } from './report-schema.ts';

/**
 * What comes before the stacks of a report in JSON. It is written in pieces, one finding a line: a
 * large stack's report is never held as one text, and two reports can be compared line by line.
 */
export function openJson(head: Omit<AuditReport, 'stacks' | 'summary'>): string {
  return `{\n${fields(head)}, "stacks": [`;
}

/** One stack; the first has no comma before it. */
export function* formatStackJson(stack: StackReport, isFirst: boolean): Generator<string> {
  yield isFirst ? '\n' : ',\n';
  yield* formatStack(stack);
}

/** What comes behind the stacks. */
export function closeJson(summary: AuditReport['summary']): string {
  return `${summary.stacks > 0 ? '\n' : ''}], "summary": ${JSON.stringify(summary)}}\n`;
}

function* formatStack({ controls, findings, gaps, ...head }: StackReport): Generator<string> {
  yield `{${fields(head)},\n`;
  yield* list('controls', controls);
  yield ',\n';
  yield* list('gaps', gaps);
  yield ',\n';
  yield* list('findings', findings);
  yield '}';
}

function* list(name: string, items: readonly unknown[]): Generator<string> {
  yield `"${name}": [`;
  for (const [index, item] of items.entries()) {
    yield `${index === 0 ? '\n' : ',\n'}${JSON.stringify(item)}`;
  }
  yield items.length > 0 ? '\n]' : ']';
}

function fields(object: object): string {
  return JSON.stringify(object).slice(1, -1);
}
