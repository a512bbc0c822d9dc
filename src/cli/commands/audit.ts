import { Option, type Command } from 'commander';
import { resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { AuditReport } from '../../audit/report-schema.ts';
import type { Severity } from '../../controls/control.ts';
import { JackerError } from '../../error.ts';
import type { AuditFormat } from '../../usecases/format-audit.ts';
import type { Connect, Invocation } from '../invocation.ts';

interface AuditFlags {
  merge?: true;
  profile?: string[];
  control?: string[];
  format: AuditFormat;
  output?: string;
  failOn: Severity | 'never';
  minScore?: string;
  baseline?: string;
  maxDrop?: string;
  waivers?: string;
  evidence?: string;
  explain?: string;
  all?: true;
}

/** Written out: the module that has them is loaded when it is used. */
const formats: readonly AuditFormat[] = ['table', 'json', 'sarif', 'junit', 'html', 'github'];

/** `jacker audit`. */
export function declareAudit(parent: Command, connect: Connect): void {
  const command = parent
    .command('audit')
    .description('examine Compose files, or the project here: findings, gaps, and a score')
    .argument('[files...]', 'Compose files or folders; each file is a stack of its own')
    .option('--merge', 'the files are one stack, each over those before it')
    .option('--profile <names...>', 'only services without a profile or with one of these')
    .option('--control <ids...>', 'only these controls')
    .addOption(
      new Option('--format <format>', 'how the report is written')
        .choices(formats)
        .default('table'),
    )
    .option('-o, --output <file>', 'write the report to a file')
    .addOption(
      new Option('--fail-on <severity>', 'end with 4 at this severity or above')
        .choices(['critical', 'high', 'medium', 'low', 'info', 'never'])
        .default('high'),
    )
    .option('--min-score <score>', 'end with 4 where a stack has less')
    .option('--baseline <file>', 'an earlier JSON report: what it has is not new')
    .option('--max-drop <points>', 'with --baseline: end with 4 where a score fell by more')
    .option('--waivers <file>', 'accepted findings (default: .jacker-waivers.yml beside the stack)')
    .option('--evidence <file>', 'a report of verify --json about the project here, checked again')
    .option('--explain <control>', 'say what a control is, and why')
    .option('-a, --all', 'also show what is waived, excepted, unknown or in the baseline');
  connect<AuditFlags>(command, async (invocation, flags) => {
    if (flags.explain !== undefined) return explain(invocation, flags.explain);
    const { globals, context, world } = invocation;
    const workingDirectory = invocation.workingDirectory;
    // A large stack makes much garbage: left alone, V8 would rather take more memory than clean up.
    setFlagsFromString('--semi-space-growth-factor=1');
    const { audit } = await import('../../usecases/audit.ts');
    const { isOpen } = await import('../../audit/format-table.ts');
    const baseline = await baselineOf(invocation, flags);
    const format: AuditFormat = globals.json ? 'json' : flags.format;
    const { report, sources } = await audit(context, {
      paths: invocation.args,
      workingDirectory,
      merge: flags.merge ?? false,
      version: invocation.version,
      ...(globals.envFile === undefined ? {} : { envFile: globals.envFile }),
      ...(flags.profile ? { profiles: flags.profile } : {}),
      ...(flags.control ? { only: flags.control } : {}),
      ...(flags.waivers === undefined ? {} : { waivers: flags.waivers }),
      ...(flags.evidence === undefined ? {} : { evidence: flags.evidence }),
      ...(baseline ? { baseline: baseline.fingerprints } : {}),
      fixes: format === 'sarif',
    });
    const { formatAudit } = await import('../../usecases/format-audit.ts');
    const color = world.terminal.color && flags.output === undefined;
    const pieces = await formatAudit(report, format, { sources, all: flags.all ?? false, color });
    if (flags.output === undefined) writeOut(invocation, pieces);
    else {
      const path = resolve(workingDirectory, flags.output);
      await world.files.write(path, [...pieces].join(''), { mode: 0o644 });
    }

    // A file that was named and could not be read is a wrong question, whatever else was found.
    if (report.stacks.some((stack) => !stack.readable)) {
      if (format !== 'table') reportUnreadable(invocation, report);
      return 2;
    }
    const severities = ['critical', 'high', 'medium', 'low', 'info'];
    const floor = severities.indexOf(flags.failOn);
    const failed = report.stacks.some((stack) =>
      stack.findings.some(
        (finding) => isOpen(finding) && severities.indexOf(finding.severity) <= floor,
      ),
    );
    const least = numberOf(flags.minScore, '--min-score');
    const drop = numberOf(flags.maxDrop, '--max-drop');
    const low = report.stacks.some(
      ({ name, score }) =>
        (least !== undefined && score.score < least) ||
        (drop !== undefined && (baseline?.scores.get(name) ?? 0) - score.score > drop),
    );
    return failed || low ? 4 : undefined;
  });
}

/** Few large writes: a piece may be as short as a comma. */
function writeOut({ world }: Invocation, pieces: Iterable<string>): void {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < 65_536) continue;
    world.terminal.out(text);
    text = '';
  }
  if (text !== '') world.terminal.out(text);
}

async function explain({ print }: Invocation, id: string): Promise<undefined> {
  const { controls } = await import('../../controls/registry.ts');
  const { chooseControls } = await import('../../usecases/choose-controls.ts');
  const { explainControl } = await import('../../audit/explain.ts');
  const [control] = chooseControls([id], controls);
  if (!control) return;
  const { title, severity, domain, subject, why, remedy, blindSpots, references } = control;
  print({ id, title, severity, domain, subject, why, remedy, blindSpots, references }, () =>
    explainControl(control),
  );
}

async function baselineOf(invocation: Invocation, flags: AuditFlags) {
  if (flags.baseline === undefined) {
    if (flags.maxDrop === undefined) return null;
    throw new JackerError('usage', {
      what: '--max-drop compares with a baseline',
      hint: 'Name an earlier JSON report: --baseline FILE',
    });
  }
  const { readBaseline } = await import('../../audit/baseline.ts');
  const path = resolve(invocation.workingDirectory, flags.baseline);
  const text = await invocation.world.files.readText(path);
  if (text !== null) return readBaseline(text, flags.baseline);
  throw new JackerError('usage', {
    what: 'does not exist',
    where: { file: flags.baseline },
    hint: 'Write it with jacker audit --json.',
  });
}

function numberOf(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 100) return value;
  throw new JackerError('usage', { what: `${flag} takes a number from 0 to 100, not ${text}` });
}

function reportUnreadable({ world }: Invocation, report: AuditReport): void {
  for (const gap of report.stacks.flatMap((stack) => (stack.readable ? [] : stack.gaps))) {
    if (gap.kind !== 'unreadable') continue;
    world.terminal.err(`${gap.file}:${gap.line}:${gap.column}: ${gap.what}. ${gap.hint}\n`);
  }
}
