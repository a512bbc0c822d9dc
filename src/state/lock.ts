import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path/posix';
import * as z from 'zod';
import { JackerError } from '../error.ts';
import type { World } from '../io/world.ts';
import { privateFileMode, privateFolderMode, projectLayout } from './layout.ts';
import { refuseLinkedFolders } from './own-folders.ts';
import { markOfThisProcess, runState } from './running-process.ts';
import type { ProcessMark } from './running-process.ts';

/*
 * Node has no flock(2), so the lock is a file that exists while it is held. A holder that was
 * killed leaves it behind, and then exactly one of the processes that find it may replace it:
 *
 * 1. The file is created by link(2): it never exists without its complete content.
 * 2. Who finds it left behind takes a second lock, named after the hash of that content, by these
 *    same rules. Content holds a random number, so this second lock stands for one abandoned lock.
 * 3. Under the second lock it reads the first one again. Only holders of the second lock may
 *    replace that content, and its writer is dead, so what is still there stays until it is
 *    replaced by one atomic rename. Anything else there: somebody was faster, begin again.
 *
 * A process killed under the second lock leaves that one behind, which is taken over in the same
 * way. Once the first lock is held by a living process, every second lock stands for content that
 * is gone: it permits nothing, and is swept away.
 *
 * No step waits for a time to pass.
 */

/** What the lock needs of the world. */
export type LockContext = Pick<World, 'files' | 'clock' | 'random'>;

/** A lock that is held. */
export interface Lock {
  /** Gives the lock back; a second call, or a lock that somebody removed by hand, does nothing. */
  release(): Promise<void>;
}

const takeoverPrefix = 'lock.takeover-';

const holderSchema = z.object({
  /** `null` where the machine did not tell. */
  process: z
    .object({
      pid: z.int().positive(),
      started: z.string(),
      boot: z.string(),
      init: z.string(),
    })
    .nullable(),
  command: z.string(),
  since: z.string(),
  nonce: z.string(),
});

type Holder = z.infer<typeof holderSchema>;

/** The holder that a lock file names; `null` where the content is not one of ours. */
function parseHolder(content: string): Holder | null {
  try {
    return holderSchema.parse(JSON.parse(content));
  } catch {
    return null;
  }
}

function heldError(path: string, holder: Holder | null, why?: string): JackerError {
  const who = holder
    ? `"jacker ${holder.command}" (process ${holder.process?.pid ?? 'unknown'}, since ${holder.since})`
    : 'another command';
  return new JackerError('lock-held', {
    what: `The project is in use by ${who}`,
    where: { file: path },
    ...(why === undefined ? {} : { why }),
    hint:
      why === undefined
        ? 'Wait until it is done, then run this command again.'
        : `If no Jacker command runs on this project, remove ${path} and run this command again.`,
  });
}

/** Throws `lock-held` unless the holder named in `content` has certainly ended. */
async function refuseUnlessEnded(
  context: LockContext,
  path: string,
  content: string,
  own: ProcessMark | null,
): Promise<void> {
  const holder = parseHolder(content);
  if (own === null || holder?.process === null) {
    throw heldError(path, holder, 'this machine does not tell whether that process still runs');
  }
  if (holder === null) return;
  const state = await runState(context.files, holder.process, own);
  if (state === 'runs') throw heldError(path, holder);
  if (state === 'unknown') {
    throw heldError(path, holder, 'it runs, or ran, in another container of this machine');
  }
}

async function take(
  context: LockContext,
  path: string,
  content: string,
  own: ProcessMark | null,
): Promise<void> {
  const { files } = context;
  for (;;) {
    if (await files.createExclusive(path, content, privateFileMode)) return;
    const found = await files.readText(path);
    if (found === null) continue;
    await refuseUnlessEnded(context, path, found, own);
    const digest = createHash('sha256').update(found).digest('hex').slice(0, 16);
    // Always after the project's own lock, or names would grow with every killed process.
    const takeover = join(dirname(path), `${takeoverPrefix}${digest}`);
    await take(context, takeover, content, own);
    try {
      if ((await files.readText(path)) === found) {
        await files.write(path, content, { mode: privateFileMode });
        return;
      }
    } finally {
      await files.remove(takeover);
    }
  }
}

/**
 * Takes the lock of a project for one command: at most one process has it at any time. A lock
 * whose process has ended (killed, or the machine was restarted) is taken over.
 *
 * @param command the command's name for people, such as `up`; never its arguments
 * @throws JackerError `lock-held` naming the holder; `project-missing` where there is no folder;
 *   `project-invalid` where a link or a file is in the place of Jacker's own folders
 */
export async function acquireLock(
  context: LockContext,
  projectDir: string,
  command: string,
): Promise<Lock> {
  const { files } = context;
  if ((await files.facts(projectDir)) === null) {
    throw new JackerError('project-missing', {
      what: `There is no folder ${projectDir}`,
      hint: 'Create a project with "jacker init", or name its folder with --project-dir.',
    });
  }
  const layout = projectLayout(projectDir);
  await refuseLinkedFolders(files, projectDir);
  await files.makeDirectory(layout.records, privateFolderMode);
  const own = await markOfThisProcess(files);
  const holder: Holder = {
    process: own,
    command,
    since: context.clock.now().toISOString(),
    nonce: Buffer.from(context.random.bytes(16)).toString('hex'),
  };
  const content = `${JSON.stringify(holder)}\n`;
  await take(context, layout.lock, content, own);
  for (const name of await files.list(layout.records)) {
    if (name.startsWith(takeoverPrefix)) await files.remove(join(layout.records, name));
  }
  return {
    release: async () => {
      if ((await files.readText(layout.lock)) === content) await files.remove(layout.lock);
    },
  };
}
