import { Chalk } from 'chalk';
import { formatAuditTable } from '../audit/format-table.ts';
import { formatAuditJson } from '../audit/format-json.ts';
import type { AuditReport } from '../audit/report-schema.ts';
import type { SourceFile } from '../compose/source.ts';
import { controls } from '../controls/registry.ts';

/** The formats of a report. */
export type AuditFormat = 'table' | 'json' | 'sarif' | 'junit' | 'html' | 'github';

/** How a report is written. */
export interface FormatOptions {
  sources: ReadonlyMap<string, SourceFile>;
  all: boolean;
  color: boolean;
}

/** A report in one of the formats of `jacker audit --format`, in pieces. */
export async function formatAudit(
  report: AuditReport,
  format: AuditFormat,
  options: FormatOptions,
): Promise<Iterable<string>> {
  const known = new Map(controls.map((control) => [control.id, control] as const));
  switch (format) {
    case 'json':
      return formatAuditJson(report);
    case 'sarif': {
      const { formatSarif } = await import('../audit/format-sarif.ts');
      return formatSarif(report, known);
    }
    case 'junit': {
      const { formatJunit } = await import('../audit/format-junit.ts');
      return [formatJunit(report)];
    }
    case 'html': {
      const { formatHtml } = await import('../audit/format-html.ts');
      return formatHtml(report, known, options.sources);
    }
    case 'github': {
      const { formatGithub } = await import('../audit/format-github.ts');
      return formatGithub(report);
    }
    case 'table': {
      const color = new Chalk({ level: options.color ? 1 : 0 });
      const styles = {
        critical: color.magenta,
        high: color.red,
        medium: color.yellow,
        low: color.cyan,
        info: color.blue,
        dim: color.dim,
        bold: color.bold,
      };
      return formatAuditTable(report, {
        sources: options.sources,
        controls: known,
        all: options.all,
        paint: options.color ? (style, text) => styles[style](text) : (_, text) => text,
      });
    }
  }
}
