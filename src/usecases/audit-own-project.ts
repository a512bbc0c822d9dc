import { join, resolve } from 'node:path';
import { loadStack } from '../compose/load-stack.ts';
import { readSource } from '../compose/read-source.ts';
import { mergedDocument } from '../controls/compose/merged-document.ts';
import { JackerError } from '../error.ts';
import type { ComposeDocument } from '../harden/compose-model.ts';
import type { FileSystem } from '../io/file-system.ts';
import type { FileTree } from '../io/tree.ts';
import { authorityFiles } from '../secrets/specification.ts';
import { secretsFolder } from '../state/layout.ts';
import type { AppContext } from './app-context.ts';
import { defaultStack } from './audit-targets.ts';
import { readEvidence, renderedDigests, weighEvidence, type Evidence } from './evidence.ts';
import type { Examiner, Target } from './examine-stacks.ts';
import { prepareProject, renderPrepared } from './prepare.ts';

/** A project to examine, and its document as `verify` sees it. */
export type OwnTarget = Target & Required<Pick<Target, 'project'>> & { rendered: ComposeDocument };

/** The project as it would be rendered now; null where `.env` is of something else than Jacker. */
export async function ownProject(
  context: AppContext,
  examiner: Examiner,
): Promise<OwnTarget | null> {
  const { world, location } = context;
  if ((await world.files.facts(join(location.directory, '.jacker'))) === null) {
    const other = await defaultStack(world.files, location.directory);
    if (other !== null) return null;
  }
  const prepared = await prepareProject(context);
  const { tree, secret } = await renderPrepared(prepared);
  const { stack, settings } = prepared.project;
  const stackFile = 'docker-compose.yml';
  return {
    stack: await loadStack(treeReader(tree), {
      files: [`/${stackFile}`],
      envFiles: [],
      shown: (path) => path.slice(1),
    }),
    project: {
      stack,
      settings,
      files: new Map([...tree, ...secret].map(([path, file]) => [path, file.content])),
    },
    rendered: mergedDocument(tree),
    waivers: await examiner.readWaivers(location.directory),
    host: { hostFiles: await examiner.host.secretFiles(await secretPaths(context)) },
  };
}

/** The project's files that hold secrets; the authority's certificate is everybody's to read. */
async function secretPaths({ world, location }: AppContext): Promise<string[]> {
  const folder = join(location.directory, secretsFolder);
  const names = await world.files.list(folder);
  return names
    .filter((name) => !name.startsWith('.') && name !== authorityFiles.certificate)
    .map((name) => join(folder, name));
}

/** A rendered tree as files below `/`. */
function treeReader(tree: FileTree): Pick<FileSystem, 'read' | 'facts' | 'realPath'> {
  const text = (path: string) => tree.get(path.slice(1))?.content;
  return {
    read: (path) => {
      const found = text(path);
      return Promise.resolve(found === undefined ? null : new TextEncoder().encode(found));
    },
    facts: (path) => {
      const found = text(path);
      return Promise.resolve(
        found === undefined
          ? null
          : { kind: 'file', mode: 0o644, uid: 0, gid: 0, size: found.length },
      );
    },
    realPath: (path) => Promise.resolve(path),
  };
}

/** What a report of `jacker verify` says about the project as it is now. Throws `usage` where it is none. */
export async function evidenceOf(
  { world }: AppContext,
  { project, rendered }: OwnTarget,
  { evidence, workingDirectory }: { evidence: string; workingDirectory: string },
): Promise<Evidence> {
  const path = resolve(workingDirectory, evidence);
  const outcome = await readSource(world.files, path, evidence);
  if (!('source' in outcome)) {
    throw new JackerError('usage', {
      what: outcome.refused,
      where: { file: evidence },
      hint: outcome.hint,
    });
  }
  return weighEvidence(readEvidence(outcome.source.text, evidence), evidence, {
    project: project.stack.project,
    rendered: renderedDigests(rendered),
    time: world.clock.now(),
  });
}
