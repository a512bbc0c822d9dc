import { hash } from 'node:crypto';
import type { LoadedStack } from '../compose/load-stack.ts';
import { brief, type Gap } from '../compose/gap.ts';
import { parseYaml } from '../compose/parse-yaml.ts';
import { nodeAt } from '../compose/plain.ts';
import { positionOf, type SourcePosition } from '../compose/source.ts';
import type { Control, ProjectModel, StaticModel } from '../controls/control.ts';
import { graphOf } from './graph.ts';
import type { ReportedEdit, ReportedFinding, StackReport } from './report-schema.ts';
import { runStatic, type Finding } from './run-static.ts';
import { scoreOf } from './score.ts';
import { uncounted, type ScoredControl, type Tally } from './tally.ts';
import { faultOf, inlineWaivers, matchWaivers, type Waiver } from './waivers.ts';

/** What an audit of one stack works with. */
export interface AuditInputs {
  controls: readonly Control[];
  stack: LoadedStack;
  /** The project, where the stack is Jacker's own. */
  project?: ProjectModel;
  /** What was seen of files of the host that the stack names. */
  host?: Pick<StaticModel, 'hostFiles' | 'mountedFiles'>;
  /** Waivers from a file. */
  waivers: readonly Waiver[];
  /** YYYY-MM-DD */
  today: string;
  /** Fingerprints of findings that are known already. */
  baseline?: ReadonlySet<string>;
  /** Results that were read from what runs, by control, to be added to the static ones. */
  proven?: ReadonlyMap<string, Tally>;
  /** Findings of one control that are listed, of those that are open and of the others each. */
  mostListed?: number;
  /** Called after each control: it leaves behind as many results as there are services. */
  relieve?: () => void;
  /**
   * Leave out what programs read and people do not: the graph, the digests of files and, where
   * nothing is compared with a baseline, the fingerprints. They are empty then.
   */
  brief?: boolean;
  /** Proposed edits of a finding; null where no safe one is known. */
  fixOf?: (finding: Finding, model: StaticModel) => ReportedEdit[] | null;
}

/** Nobody reads the two thousandth finding of one control, and ten million would fill the memory. */
const mostListed = 2000;

/** Examines one stack. Pure but for the hash of its files. */
export function auditStack(inputs: AuditInputs): StackReport {
  const { stack, controls } = inputs;
  const waivers = [...inputs.waivers, ...stack.sources.flatMap((source) => inlineWaivers(source))];
  const isControl = waivers.length > 0 ? idSet(controls) : () => false;
  const states = waivers.map((waiver) => ({
    waiver,
    fault: faultOf(waiver, isControl, inputs.today),
  }));
  const model: StaticModel = {
    document: stack.document,
    open: stack.open,
    origin: stack.origin,
    gaps: stack.gaps,
    waivers: states.map(({ waiver, fault }) => ({
      control: waiver.control,
      fault,
      position: { ...waiver.at, endLine: waiver.at.line, endColumn: waiver.at.column },
    })),
    ...(inputs.project ? { project: inputs.project } : {}),
    ...inputs.host,
    ...(stack.layers ? { layers: stack.layers } : {}),
  };
  const matchOf = matchWaivers(
    states.filter(({ fault }) => fault === null).map(({ waiver }) => waiver),
    (service) => {
      if (!Object.hasOwn(stack.document.services, service)) return null;
      return stack.locate(['services', service]);
    },
  );
  const isNamed = !inputs.brief || inputs.baseline !== undefined;
  const seen = new Map<string, number>();
  const listed = new Listed(inputs.mostListed ?? mostListed);
  const findings: ReportedFinding[] = [];
  const onFinding = (finding: Finding, control: Control, tally: Tally): void => {
    const waiver = finding.status === 'fail' ? matchOf(finding) : undefined;
    if (waiver && finding.exception === undefined) {
      tally.fail--;
      tally.waived++;
    }
    const fingerprint = isNamed ? fingerprintOf(finding, seen) : '';
    const isNew = !(inputs.baseline?.has(fingerprint) ?? false);
    const isOpen = finding.status === 'fail' && isNew && !waiver && finding.exception === undefined;
    if (!listed.take(control.id, isOpen)) return;
    const fix =
      finding.status === 'fail' && control.fix ? inputs.fixOf?.(finding, model) : undefined;
    // Written out, not spread: there may be a hundred thousand.
    const reported: ReportedFinding = {
      fingerprint,
      control: control.id,
      title: control.title,
      severity: control.severity,
      domain: control.domain,
      subject: finding.subject,
      status: finding.status,
      expected: brief(finding.expected),
      seen: brief(finding.seen),
      position: finding.position,
      path: finding.path as string[],
      isNew,
    };
    if (finding.exception !== undefined) reported.exception = finding.exception;
    if (waiver) reported.waiver = { reason: waiver.reason, until: waiver.until, at: waiver.at };
    if (fix) reported.fix = fix;
    findings.push(reported);
  };
  const run = runStatic(
    controls,
    model,
    placesOf(stack, inputs.project),
    onFinding,
    inputs.relieve,
  );
  if (inputs.proven) addProven(run.tallies, controls, inputs.proven);
  const gaps = [...stack.gaps, ...run.gaps, ...listed.gaps(stack)];
  // Where nothing was examined, nothing is earned: not even that it has no typing errors.
  const services = Object.keys(stack.document.services).length;
  const scored = stack.readable && services > 0 ? scoredControls(controls, run.tallies) : [];
  return {
    name: stack.name,
    files: stack.sources.map(({ path, text }) => ({
      path,
      sha256: inputs.brief ? '' : hash('sha256', text, 'hex'),
    })),
    services,
    readable: stack.readable,
    score: scoreOf(scored, {
      gaps: hiddenParts(gaps),
      staticOnly: inputs.proven === undefined,
    }),
    controls: scored,
    findings,
    gaps: gaps.map((gap) => ({
      ...gap,
      ...(gap.path ? { path: [...gap.path] } : {}),
    })) as StackReport['gaps'],
    graph: inputs.brief ? { services: [], networks: [] } : graphOf(model),
  };
}

/** How many findings of each control are listed. */
class Listed {
  readonly #most: number;
  readonly #counts = new Map<string, { open: number; other: number }>();

  constructor(most: number) {
    this.#most = most;
  }

  /** True while one more may be listed. What is accepted takes no room from what is open. */
  take(control: string, isOpen: boolean): boolean {
    let counts = this.#counts.get(control);
    if (!counts) this.#counts.set(control, (counts = { open: 0, other: 0 }));
    return ++counts[isOpen ? 'open' : 'other'] <= this.#most;
  }

  /** One for each control of which not every finding is listed. They are counted all the same. */
  gaps(stack: LoadedStack): Gap[] {
    const { file, line, column } = stack.locate([]);
    const hint = 'Mend those that are listed, or audit it in parts.';
    const gaps: Gap[] = [];
    for (const [control, { open, other }] of this.#counts) {
      const left = Math.max(0, open - this.#most) + Math.max(0, other - this.#most);
      if (left === 0) continue;
      const what = `${left} more findings of ${control} are counted, but not listed`;
      gaps.push({ kind: 'variable', what, hint, file, line, column });
    }
    return gaps;
  }
}

/**
 * Gaps behind which a whole service, network or file may be hidden. Of a single key or variable the
 * controls that read it say unknown, or a finding.
 */
export function hiddenParts(
  gaps: readonly { kind: Gap['kind']; path?: readonly string[] | undefined }[],
): number {
  return gaps.filter(
    ({ kind, path }) =>
      kind === 'unreadable' ||
      kind === 'unresolved' ||
      (kind === 'schema' && (path === undefined || path.length <= 2)),
  ).length;
}

/** Places in the list of controls by id: the order of the report, made once for a thousand stacks. */
const orders = new WeakMap<readonly Control[], readonly number[]>();

function orderById(controls: readonly Control[]): readonly number[] {
  const known = orders.get(controls);
  if (known) return known;
  const idOf = (place: number): string => controls[place]?.id ?? '';
  const fresh = controls.map((_, place) => place).sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  orders.set(controls, fresh);
  return fresh;
}

function scoredControls(
  controls: readonly Control[],
  tallies: readonly (ScoredControl | null)[],
): ScoredControl[] {
  const scored: ScoredControl[] = [];
  for (const place of orderById(controls)) {
    const tally = tallies[place];
    if (tally) scored.push(tally);
  }
  return scored;
}

/** Adds what was read from what runs to what the files say. */
function addProven(
  tallies: (ScoredControl | null)[],
  controls: readonly Control[],
  proven: ReadonlyMap<string, Tally>,
): void {
  for (const [place, control] of controls.entries()) {
    const more = proven.get(control.id);
    if (!more) continue;
    const tally = (tallies[place] ??= uncounted(control));
    for (const key of Object.keys(more) as (keyof Tally)[]) tally[key] += more[key];
  }
}

/** Where a result's path is: in the Compose document, or in another file of the project. */
function placesOf(
  stack: LoadedStack,
  project: ProjectModel | undefined,
): (path: readonly string[], file: string | undefined) => SourcePosition {
  const roots = new Map<string, ReturnType<typeof parseYaml>['documents'][number] | null>();
  return (path, file) => {
    if (file === undefined) return stack.locate(path);
    if (!roots.has(file)) {
      const text = project?.files.get(file) ?? '';
      let root = null;
      try {
        root = /\.ya?ml$/.test(file)
          ? (parseYaml({ path: file, text }).documents[0] ?? null)
          : null;
      } catch {
        // Only a place is looked for: the file's first line will do.
      }
      roots.set(file, root);
    }
    const root = roots.get(file);
    return root?.kind === 'mapping'
      ? positionOf(nodeAt(root, path))
      : { file, line: 1, column: 1, endLine: 1, endColumn: 1 };
  };
}

/** Names a finding by what it is about, not by its line. Two findings alike, as of two equal lines, are told apart by their order. */
function fingerprintOf(finding: Finding, seen: Map<string, number>): string {
  const { control, subject, path, position } = finding;
  const identity = JSON.stringify([control, subject, path, position.file]);
  const count = seen.get(identity) ?? 0;
  seen.set(identity, count + 1);
  return shortDigest(`${identity}#${count}`);
}

function idSet(controls: readonly Control[]): (id: string) => boolean {
  const ids = new Set(controls.map((control) => control.id));
  return (id) => ids.has(id);
}

function shortDigest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32);
}
