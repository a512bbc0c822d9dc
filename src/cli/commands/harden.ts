import type { Command } from 'commander';
import { relative, resolve } from 'node:path';
import { JackerError } from '../../error.ts';
import type { HardenInput } from '../../usecases/harden.ts';
import type { Trial } from '../../usecases/harden-prove.ts';
import type { Output } from '../../usecases/write-hardened.ts';
import type { Connect, Invocation } from '../invocation.ts';

interface HardenFlags {
  output?: string;
  override?: true;
  inPlace?: true;
  force?: true;
  prove?: true;
  pull?: true;
  profile?: string[];
}

/** `jacker harden`. */
export function declareHarden(parent: Command, connect: Connect): void {
  const command = parent
    .command('harden')
    .description('write a hardened version of Compose files, with a reason for each line')
    .argument('<files...>', 'Compose files; together one stack, each over those before it')
    .option('-o, --output <file>', 'where the result goes; - for stdout (default: beside the file)')
    .option('--override', 'write an override file instead of a copy')
    .option('--in-place', 'edit the files themselves')
    .option('--force', 'write over a result that is there already')
    .option('--prove', 'try it on the engine, in a scratch project: one privilege at a time')
    .option('--pull', 'with --prove: pull images that are missing')
    .option('--profile <names...>', 'only services without a profile or with one of these');
  connect<HardenFlags>(command, harden);
}

async function harden(invocation: Invocation, flags: HardenFlags): Promise<number | undefined> {
  const { world, workingDirectory, globals } = invocation;
  refuseContradictions(invocation, flags);
  const { hardenStack } = await import('../../usecases/harden.ts');
  const { defaultOverride, outputsOf, writeOutputs } =
    await import('../../usecases/write-hardened.ts');
  const files = invocation.args.map((path) => resolve(workingDirectory, path));
  const toStdout = flags.output === '-';
  const output =
    flags.output === undefined || toStdout ? undefined : resolve(workingDirectory, flags.output);
  const override = flags.override
    ? (output ?? resolve(files[0] ?? '', '..', defaultOverride))
    : undefined;
  const input: HardenInput = {
    files,
    workingDirectory,
    today: world.clock.now().toISOString().slice(0, 10),
    ...(globals.envFile === undefined
      ? {}
      : { envFiles: [resolve(workingDirectory, globals.envFile)] }),
    ...(flags.profile ? { profiles: flags.profile } : {}),
    ...(override === undefined ? {} : { override }),
  };
  let trial: Trial | undefined;
  if (flags.prove) {
    const { proveStack } = await import('../../usecases/harden-prove.ts');
    trial = await proveStack(invocation.context, input, { pull: flags.pull ?? false });
  }
  const hardened = await hardenStack(
    world.files,
    trial ? { ...input, proven: trial.changes, refuted: trial.refuted } : input,
  );
  const inPlace = flags.inPlace ?? false;
  const single = toStdout && !override ? resolve(workingDirectory, '-') : output;
  const outputs = outputsOf(hardened, {
    inPlace,
    ...(override === undefined ? (single === undefined ? {} : { output: single }) : { override }),
  });
  if (toStdout) {
    for (const { text } of outputs) world.terminal.out(text);
    return undefined;
  }
  if (!globals.dryRun) {
    await writeOutputs(world.files, outputs, { inPlace, force: flags.force ?? false });
  }
  const { describeHardened, hardenDocument } = await import('../../usecases/describe-hardened.ts');
  const shown = (path: string): string => relative(workingDirectory, path) || path;
  const parts = { hardened, outputs, written: !globals.dryRun, shown, ...(trial ? { trial } : {}) };
  const difference = globals.dryRun ? await differenceOf(outputs, shown) : '';
  invocation.print(hardenDocument(parts), () => difference + describeHardened(parts));
  return undefined;
}

async function differenceOf(
  outputs: readonly Output[],
  shown: (path: string) => string,
): Promise<string> {
  const { unifiedDiff } = await import('../../remedy/line-diff.ts');
  return outputs
    .map(({ path, from, before, text }) =>
      unifiedDiff(before ?? '', text, [from === null ? '/dev/null' : shown(from), shown(path)]),
    )
    .join('');
}

function refuseContradictions({ globals }: Invocation, flags: HardenFlags): void {
  const toStdout = flags.output === '-';
  const pairs: [boolean, string][] = [
    [Boolean(flags.inPlace && flags.output), '--in-place and -o name two places'],
    [Boolean(flags.inPlace && flags.override), '--in-place and --override name two places'],
    [toStdout && globals.json, '-o - and --json both write to stdout'],
    [toStdout && globals.dryRun, '-o - writes no file: --dry-run has nothing to prevent'],
    [Boolean(flags.pull && !flags.prove), '--pull is for --prove'],
    [Boolean(flags.prove) && globals.dryRun, '--prove starts containers, and --dry-run nothing'],
  ];
  const found = pairs.find(([contradicts]) => contradicts);
  if (found) throw new JackerError('usage', { what: found[1], hint: 'Take one of them out.' });
}
