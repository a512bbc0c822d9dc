import type { AuditReport, StackReport } from '../../src/audit/report-schema.ts';
import { createSummary } from '../../src/usecases/audit.ts';

/** A whole report about one stack. */
export function reportOf(stack: StackReport): AuditReport {
  const summary = createSummary();
  summary.add(stack);
  return {
    version: 1,
    tool: { name: 'jacker', version: '1.2.3' },
    at: '2026-06-01T00:00:00.000Z',
    stacks: [stack],
    summary: summary.result(),
  };
}
