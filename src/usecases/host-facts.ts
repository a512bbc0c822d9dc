import { dirname, join, relative, resolve } from 'node:path';
import type { LoadedStack } from '../compose/load-stack.ts';
import { readSource } from '../compose/read-source.ts';
import { isWithin, mountsOf } from '../controls/compose/service-mounts.ts';
import { viewOf } from '../controls/compose/stack-view.ts';
import type { HostFile, MountedFile } from '../controls/control.ts';
import { isCredentialName } from '../controls/secrets/credential-names.ts';
import type { FileSystem } from '../io/file-system.ts';
import { trackedPaths } from '../io/git-index.ts';

/** What is looked at beside the files of a stack. */
export interface HostFacts {
  hostFiles: HostFile[];
  mountedFiles: MountedFile[];
}

/** See {@link createHostLook}. */
export interface HostLook {
  /** What is known of files that hold secrets, by absolute paths; of what is no file, nothing. */
  secretFiles(paths: readonly string[]): Promise<HostFile[]>;
  ofStack(stack: LoadedStack): Promise<HostFacts>;
}

/** Programs whose configuration checks read. */
const read = new Set(['traefik', 'prometheus']);
const configuration = /\.(ya?ml|toml)$/;
/** Bytes of a configuration file. */
const mostBytes = 256 * 1024;
/** Files of one folder that are read. */
const mostFiles = 20;
/** Files and folders that are looked at for one stack, found or not. */
const mostLooks = 200;
/** Folders above a file in which its repository is looked for. */
const mostAbove = 20;

/**
 * Looks at files of the host which a stack names: the modes of those that hold
 * secrets and whether Git keeps them, and the configuration of programs whose checks read it. Only
 * below the stack's own folder is anything read: a path elsewhere is of another machine, or not its.
 */
export function createHostLook(
  files: Pick<FileSystem, 'read' | 'facts' | 'list' | 'realPath'>,
  shown: (path: string) => string,
): HostLook {
  const repositories = new Map<string, Promise<Repository | null>>();
  const repositoryOf = (folder: string, left = mostAbove): Promise<Repository | null> => {
    const known = repositories.get(folder);
    if (known) return known;
    const found = (async () => {
      const git = await files.facts(join(folder, '.git')).catch(() => null);
      // A file in its place names a folder elsewhere: a worktree's or a submodule's.
      if (git) {
        const index = await files.read(join(folder, '.git/index')).catch(() => null);
        return { folder, tracked: index ? trackedPaths(index) : null };
      }
      return folder === '/' || left === 0 ? null : repositoryOf(dirname(folder), left - 1);
    })();
    repositories.set(folder, found);
    return found;
  };

  const hostFile = async (path: string): Promise<HostFile[]> => {
    const real = await files.realPath(path).catch(() => null);
    const facts = real === null ? null : await files.facts(real).catch(() => null);
    if (facts?.kind !== 'file') return [];
    const repository = await repositoryOf(dirname(path));
    const tracked = repository
      ? (repository.tracked?.has(relative(repository.folder, path)) ?? null)
      : false;
    return [{ path: shown(path), mode: facts.mode, tracked }];
  };

  const mounted = async (stack: LoadedStack): Promise<MountedFile[]> => {
    const found: MountedFile[] = [];
    let left = mostLooks;
    const take = async (service: string, path: string, target: string): Promise<void> => {
      if (--left < 0) return;
      const outcome = await readSource(files, path, shown(path), mostBytes);
      if ('source' in outcome) {
        found.push({ service, target, path: outcome.source.path, text: outcome.source.text });
      }
    };
    for (const view of viewOf({ document: stack.document, open: stack.open }).services) {
      if (left <= 0) break;
      if (!read.has(view.program ?? '')) continue;
      for (const { type, source, target } of mountsOf(view.service)) {
        const path = resolve(stack.folder, source);
        if (type !== 'bind' || !isWithin(path, stack.folder)) continue;
        if (configuration.test(source)) await take(view.name, path, target);
        else if (--left >= 0) {
          const names = await files.list(path).catch(() => []);
          for (const name of names.filter((one) => configuration.test(one)).slice(0, mostFiles)) {
            await take(view.name, join(path, name), `${target.replace(/\/+$/, '')}/${name}`);
          }
        }
      }
    }
    return found;
  };

  const secretFiles = async (paths: readonly string[]): Promise<HostFile[]> =>
    (await Promise.all(paths.map(hostFile))).flat();

  return {
    secretFiles,
    ofStack: async (stack) => {
      const secrets = Object.values(stack.document.secrets ?? {}).flatMap((secret: unknown) => {
        const file = (secret as { file?: unknown } | null)?.file;
        return typeof file === 'string' && !file.includes('$') ? [resolve(stack.folder, file)] : [];
      });
      const variables = [...stack.envFiles].flatMap(([path, entries]) =>
        entries.some(({ key, value }) => value !== '' && isCredentialName(key)) ? [path] : [],
      );
      const paths = new Set([...variables, ...secrets]);
      return {
        hostFiles: await secretFiles(
          [...paths].filter((path) => isWithin(path, stack.folder)).sort(),
        ),
        mountedFiles: await mounted(stack),
      };
    },
  };
}

interface Repository {
  folder: string;
  tracked: ReadonlySet<string> | null;
}
