import { severities, type Report, type ReportedObservation } from './report.ts';

/** One control over all its subjects. */
export interface OverviewRow {
  control: string;
  severity: string;
  title: string;
  /** How many subjects were read and hold, of how many that apply. */
  probed: string;
  attacked: string;
  status: 'in force' | 'not in force' | 'unknown' | 'not applicable';
  exceptions: number;
}

/** The report with one row for each control, the gravest first. */
export function overviewRows(report: Report): OverviewRow[] {
  const controls = new Map<string, ReportedObservation[]>();
  for (const observation of report.observations) {
    const list = controls.get(observation.control);
    if (list) list.push(observation);
    else controls.set(observation.control, [observation]);
  }
  const rows = [...controls].map(([control, list]): OverviewRow => {
    const excepted = list.filter((one) => one.status === 'fail' && one.exception !== undefined);
    const failed = list.some((one) => one.status === 'fail' && one.exception === undefined);
    const applicable = list.some((one) => one.status !== 'not-applicable');
    return {
      control,
      severity: list[0]?.severity ?? 'info',
      title: list[0]?.title ?? '',
      probed: count(list.filter((one) => one.part !== 'attack')),
      attacked: count(list.filter((one) => one.part === 'attack')),
      status: failed
        ? 'not in force'
        : !applicable
          ? 'not applicable'
          : list.some((one) => one.status === 'unknown')
            ? 'unknown'
            : 'in force',
      exceptions: excepted.length,
    };
  });
  return rows.sort(
    (a, b) => rankOf(a.severity) - rankOf(b.severity) || (a.control < b.control ? -1 : 1),
  );
}

/** The overview as a table of `width` characters at most; a longer title is cut. */
export function formatOverview(report: Report, options: { width: number }): string {
  const headings = ['CONTROL', 'SEVERITY', 'WHAT MUST HOLD', 'READ', 'TRIED', 'RESULT'];
  const rows = overviewRows(report).map((row) => [
    row.control,
    row.severity,
    row.title,
    row.probed,
    row.attacked,
    row.exceptions > 0 ? `${row.status}, ${row.exceptions} excepted` : row.status,
  ]);
  const widths = headings.map((heading, index) =>
    Math.max(heading.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const others = widths.reduce((sum, width, index) => sum + (index === 2 ? 0 : width + 2), 0);
  widths[2] = Math.max(20, Math.min(widths[2] ?? 0, options.width - others));
  return [headings, ...rows]
    .map((row) =>
      row
        .map((cell, index) => cut(cell, widths[index] ?? 0).padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function rankOf(severity: string): number {
  return severities.findIndex((candidate) => candidate === severity);
}

function count(list: readonly ReportedObservation[]): string {
  const applicable = list.filter((one) => one.status !== 'not-applicable');
  if (applicable.length === 0) return '-';
  return `${applicable.filter((one) => one.status === 'pass').length}/${applicable.length}`;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
