import type { Control, Domain } from './control.ts';

const domainTitles: Readonly<Record<Domain, string>> = {
  isolation: 'Isolation of containers and networks',
  edge: 'Edge: TLS, sign-in, routes',
  secrets: 'Secrets and sessions',
  data: 'Data stores',
  'supply-chain': 'Supply chain',
  operations: 'Operations',
};

/** Markdown about every control: what it is, how it is seen, what it cannot see, what to do. */
export function renderControlsDocument(controls: readonly Control[]): string {
  const domains = Object.keys(domainTitles) as Domain[];
  return [
    '# Controls',
    '',
    'Generated from `src/controls/`. A control is in force only when three things agree: the rendered',
    'setting (static), what is read from the running container (probe), and the forbidden act that is',
    'tried and refused (attack). `jacker verify` runs the probes, with `--attack` the attacks as well.',
    'What could not be read is unknown, and unknown is never a pass.',
    '',
    ...domains.flatMap((domain) => section(domain, controls)),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function section(domain: Domain, controls: readonly Control[]): string[] {
  const own = controls.filter((control) => control.domain === domain);
  if (own.length === 0) return [];
  return [
    `## ${domainTitles[domain]}`,
    '',
    '| Control | Severity | What must hold | Static | Probe | Attack |',
    '| --- | --- | --- | --- | --- | --- |',
    ...own.map(
      (control) =>
        `| [${control.id}](#${anchor(control)}) | ${control.severity} | ${cell(control.title)} | ${mark(control.static)} | ${mark(control.probe)} | ${mark(control.attack)} |`,
    ),
    '',
    ...own.flatMap(describe),
  ];
}

function describe(control: Control): string[] {
  return [
    `### ${control.id}: ${control.title}`,
    '',
    control.why,
    '',
    `- Remedy: ${control.remedy}`,
    ...control.blindSpots.map((spot) => `- Cannot see: ${spot}`),
    `- See also: ${control.references.join('; ')}`,
    '',
  ];
}

/** The anchor that Markdown viewers make of the heading. */
function anchor(control: Control): string {
  return `${control.id}: ${control.title}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');
}

function mark(part: unknown): string {
  return part === undefined ? '–' : 'yes';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
