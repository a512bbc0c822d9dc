import type { Control, Domain, Observation, Severity, Status } from '../controls/control.ts';

/** Raised when a field changes its meaning or goes. */
export const reportVersion = 1;

/** How often each result came. A failure with a declared exception counts as `excepted`. */
export interface ReportSummary {
  pass: number;
  fail: number;
  excepted: number;
  unknown: number;
  notApplicable: number;
}

/** An observation with what a reader needs to know of its control. */
export interface ReportedObservation extends Observation {
  part: 'probe' | 'attack';
  title: string;
  severity: Severity;
  domain: Domain;
  /** Present where the result is not a pass. */
  remedy?: string;
}

/** What verify says: the same data as table and as JSON. */
export interface Report {
  version: number;
  project: string;
  startedAt: string;
  endedAt: string;
  engine: { version: string; apiVersion: string; kernel: string };
  /** A digest of each service as it was rendered when this was read: what the report is about. */
  rendered: Readonly<Record<string, string>>;
  /** Id of the running image and reference by service. */
  images: Readonly<Record<string, { id: string; reference: string }>>;
  summary: ReportSummary;
  observations: readonly ReportedObservation[];
}

/** What {@link buildReport} puts together. */
export interface ReportInputs extends Omit<Report, 'version' | 'summary' | 'observations'> {
  controls: readonly Control[];
  probed: readonly Observation[];
  attacked: readonly Observation[];
}

/** Counts and sorts what was observed: by control in the registry's order, then by subject. */
export function buildReport(inputs: ReportInputs): Report {
  const { controls, probed, attacked, ...facts } = inputs;
  const order = new Map(controls.map((control, index) => [control.id, { control, index }]));
  const observations = [
    ...probed.map((observation) => ({ part: 'probe' as const, observation })),
    ...attacked.map((observation) => ({ part: 'attack' as const, observation })),
  ]
    .flatMap(({ part, observation }) => {
      const known = order.get(observation.control);
      if (!known) return [];
      const { title, severity, domain, remedy } = known.control;
      const poor = observation.status === 'fail' || observation.status === 'unknown';
      const reported: ReportedObservation = {
        ...observation,
        part,
        title,
        severity,
        domain,
        ...(poor ? { remedy } : {}),
      };
      return [{ reported, index: known.index }];
    })
    .sort(
      (a, b) =>
        a.index - b.index ||
        compare(b.reported.part, a.reported.part) ||
        compare(a.reported.subject, b.reported.subject),
    )
    .map(({ reported }) => reported);
  return { version: reportVersion, ...facts, summary: summarise(observations), observations };
}

/** Counts results. */
export function summarise(
  observations: readonly Pick<Observation, 'status' | 'exception'>[],
): ReportSummary {
  const count = (status: Status, excepted: boolean): number =>
    observations.filter(
      (observation) =>
        observation.status === status &&
        (status !== 'fail' || (observation.exception !== undefined) === excepted),
    ).length;
  return {
    pass: count('pass', false),
    fail: count('fail', false),
    excepted: count('fail', true),
    unknown: count('unknown', false),
    notApplicable: count('not-applicable', false),
  };
}

/** Failures without an exception, at or above a severity. */
export function findingsOf(report: Report, floor: Severity): readonly ReportedObservation[] {
  const limit = severities.indexOf(floor);
  return report.observations.filter(
    (observation) =>
      observation.status === 'fail' &&
      observation.exception === undefined &&
      severities.indexOf(observation.severity) <= limit,
  );
}

/** The gravest first. */
export const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];

const columns = ['SUBJECT', 'READ', 'EXPECTED', 'SEEN', 'STATUS'] as const;
const gap = 2;
const leastWidth = 8;

/**
 * The report as a table grouped by control.
 *
 * @param options `width` in characters; longer cells are cut and end in an ellipsis, nothing wraps.
 *   `all` also shows what passed and what does not apply.
 */
export function formatReportTable(
  report: Report,
  options: { width: number; all: boolean },
): string {
  const shown = report.observations.filter(
    ({ status, exception }) =>
      options.all || status === 'unknown' || (status === 'fail' && exception === undefined),
  );
  const rows = shown.map((observation) => [
    `  ${observation.subject}`,
    `${observation.part === 'attack' ? 'tried: ' : ''}${observation.read}`,
    observation.expected,
    observation.seen,
    observation.status === 'fail' && observation.exception !== undefined
      ? `excepted: ${observation.exception}`
      : observation.status,
  ]);
  const widths = fit(
    columns.map((title, index) =>
      Math.max(title.length, ...rows.map((row) => (row[index] ?? '').length)),
    ),
    options.width,
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => cut(cell, widths[index] ?? leastWidth).padEnd(widths[index] ?? 0))
      .join(' '.repeat(gap))
      .trimEnd();
  const lines: string[] = [];
  let heading = '';
  for (const [index, observation] of shown.entries()) {
    if (observation.control !== heading) {
      heading = observation.control;
      const { control, severity, title } = observation;
      lines.push('', cut(`${control}  ${severity}  ${title}`, options.width));
    }
    lines.push(line(rows[index] ?? []));
  }
  return [
    ...(shown.length > 0
      ? [line(columns.map((title, index) => (index === 0 ? `  ${title}` : title))), ...lines, '']
      : []),
    describeSummary(report.summary),
    '',
  ].join('\n');
}

/** The counts in one sentence. */
export function describeSummary(summary: ReportSummary): string {
  return [
    `${summary.pass} in force`,
    `${summary.fail} not in force`,
    `${summary.excepted} excepted`,
    `${summary.unknown} unknown`,
    `${summary.notApplicable} not applicable`,
  ].join(', ');
}

/** Takes from the widest column until all fit. */
function fit(wanted: readonly number[], total: number): number[] {
  const widths = [...wanted];
  const room = total - gap * (widths.length - 1);
  for (;;) {
    const sum = widths.reduce((all, width) => all + width, 0);
    const widest = Math.max(...widths);
    if (sum <= room || widest <= leastWidth) return widths;
    widths[widths.indexOf(widest)] = Math.max(
      leastWidth,
      widest - Math.max(1, Math.min(sum - room, 4)),
    );
  }
}

function cut(text: string, width: number): string {
  const flat = text.replaceAll(/\s+/g, (blank, at: number) => (at === 0 ? blank : ' '));
  return flat.length <= width ? flat : `${flat.slice(0, Math.max(0, width - 1))}…`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
