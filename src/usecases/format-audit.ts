import { Chalk } from 'chalk';
import { formatStackGithub } from '../audit/format-github.ts';
import { closeJson, formatStackJson, openJson } from '../audit/format-json.ts';
import { formatStackTable, formatSummary } from '../audit/format-table.ts';
import type { AuditReport, StackReport } from '../audit/report-schema.ts';
import { controls } from '../controls/registry.ts';
import type { AuditRun } from './audit.ts';

/** The formats of a report. */
export type AuditFormat = 'table' | 'json' | 'sarif' | 'junit' | 'html' | 'github';

/** How a report is written. */
export interface FormatOptions extends Pick<AuditRun, 'head' | 'sources'> {
  all: boolean;
  color: boolean;
}

/** Writes a report in pieces: what comes of a stack, and what comes at the end. */
export interface ReportWriter {
  stack(report: StackReport): Iterable<string>;
  end(summary: AuditReport['summary']): Iterable<string>;
}

/** A writer for one of the formats of `jacker audit --format`. */
export async function createReportWriter(
  format: AuditFormat,
  { head, sources, all, color }: FormatOptions,
): Promise<ReportWriter> {
  const known = new Map(controls.map((control) => [control.id, control] as const));
  switch (format) {
    case 'json': {
      let count = 0;
      return {
        stack: function* (report) {
          if (count === 0) yield openJson(head);
          yield* formatStackJson(report, count++ === 0);
        },
        end: (summary) => [...(count === 0 ? [openJson(head)] : []), closeJson(summary)],
      };
    }
    case 'github':
      return { stack: formatStackGithub, end: () => [] };
    case 'table': {
      const chalk = new Chalk({ level: color ? 1 : 0 });
      const styles = {
        critical: chalk.magenta,
        high: chalk.red,
        medium: chalk.yellow,
        low: chalk.cyan,
        info: chalk.blue,
        dim: chalk.dim,
        bold: chalk.bold,
      };
      const options = {
        sources,
        controls: known,
        all,
        paint: (style: keyof typeof styles, text: string) => (color ? styles[style](text) : text),
      };
      return {
        stack: (report) => formatStackTable(report, options),
        end: (summary) => [formatSummary(summary)],
      };
    }
    case 'sarif': {
      const { formatSarif } = await import('../audit/format-sarif.ts');
      return whole(head, (report) => formatSarif(report, known));
    }
    case 'junit': {
      const { formatJunit } = await import('../audit/format-junit.ts');
      return whole(head, (report) => [formatJunit(report)]);
    }
    case 'html': {
      const { formatHtml } = await import('../audit/format-html.ts');
      return whole(head, (report) => formatHtml(report, known, sources));
    }
  }
}

/** For formats that begin with what is known only at the end. */
function whole(
  head: AuditRun['head'],
  format: (report: AuditReport) => Iterable<string>,
): ReportWriter {
  const stacks: StackReport[] = [];
  return {
    stack: (report) => {
      stacks.push(report);
      return [];
    },
    end: (summary) => format({ ...head, stacks, summary }),
  };
}
