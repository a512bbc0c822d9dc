import type { AuditReport, StackReport } from './report-schema.ts';

/**
 * A report as JSON in pieces, one finding a line: a large stack's report is never held as one text,
 * and two reports can be compared line by line.
 */
export function* formatAuditJson(report: AuditReport): Generator<string> {
  const { stacks, summary, ...head } = report;
  yield `{\n${fields(head)}, "summary": ${JSON.stringify(summary)}, "stacks": [`;
  for (const [index, stack] of stacks.entries()) {
    yield index === 0 ? '\n' : ',\n';
    yield* formatStack(stack);
  }
  yield stacks.length > 0 ? '\n]}\n' : ']}\n';
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
