import { Option, type Command } from 'commander';
import { resolve } from 'node:path';
import type { StackReport } from '../../audit/report-schema.ts';
import type { Severity } from '../../controls/control.ts';
import { JackerError } from '../../error.ts';
import type { AuditFormat } from '../../usecases/format-audit.ts';
import type { Connect, Invocation } from '../invocation.ts';
import { blocksOf } from '../report-output.ts';

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

/** Written out, as the formats are: the modules that have them are loaded when they are used. */
const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];
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
        .choices([...severities, 'never'])
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
    const least = numberOf(flags.minScore, '--min-score');
    const drop = numberOf(flags.maxDrop, '--max-drop');
    const { createSummary, startAudit } = await import('../../usecases/audit.ts');
    const { createReportWriter } = await import('../../usecases/format-audit.ts');
    const { isOpen } = await import('../../audit/format-table.ts');
    const baseline = await baselineOf(invocation, flags);
    const format: AuditFormat = globals.json ? 'json' : flags.format;
    const { head, stacks, sources } = await startAudit(context, {
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
      brief: format === 'table' || format === 'github' || format === 'junit',
    });
    const writer = await createReportWriter(format, {
      ...{ head, sources, all: flags.all ?? false },
      color: world.terminal.color && flags.output === undefined,
    });
    const output = outputTo(invocation, flags.output);
    const summary = createSummary();
    const unread: StackReport['gaps'] = [];
    const floor = flags.failOn === 'never' ? -1 : severities.indexOf(flags.failOn);
    let unreadable = false;
    let failed = false;
    for await (const stack of stacks) {
      summary.add(stack);
      output.add(writer.stack(stack));
      const { findings, name, score } = stack;
      failed ||=
        findings.some((one) => isOpen(one) && severities.indexOf(one.severity) <= floor) ||
        (least !== undefined && score.score < least) ||
        (drop !== undefined && (baseline?.scores.get(name) ?? 0) - score.score > drop);
      unreadable ||= !stack.readable;
      if (!stack.readable) unread.push(...stack.gaps.filter(({ kind }) => kind === 'unreadable'));
    }
    output.add(writer.end(summary.result()));
    await output.end();

    // A file that was named and could not be read is a wrong question, whatever else was found.
    if (unreadable) {
      if (format !== 'table') reportUnreadable(invocation, unread);
      return 2;
    }
    return failed ? 4 : undefined;
  });
}

/** Where the pieces of a report go: to the terminal as they come, or to a file when all are there. */
function outputTo({ world, workingDirectory }: Invocation, file: string | undefined) {
  const kept: Uint8Array[] = [];
  const blocks = blocksOf((block) => {
    if (file === undefined) world.terminal.out(block);
    else kept.push(block);
  });
  return {
    add(pieces: Iterable<string>): void {
      for (const piece of pieces) blocks.add(piece);
    },
    async end(): Promise<void> {
      blocks.end();
      if (file === undefined) return;
      await world.files.write(resolve(workingDirectory, file), Buffer.concat(kept), {
        mode: 0o644,
      });
    },
  };
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

function reportUnreadable({ world }: Invocation, gaps: StackReport['gaps']): void {
  for (const { file, line, column, what, hint } of gaps) {
    world.terminal.err(`${file}:${line}:${column}: ${what}. ${hint}\n`);
  }
}
