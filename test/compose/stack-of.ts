import type { FileSystem } from '../../src/io/file-system.ts';
import { loadStack, type LoadedStack, type StackRequest } from '../../src/compose/load-stack.ts';

/** Files by their path below `/stack`, as a file system. */
export function filesOf(
  files: Readonly<Record<string, string | Uint8Array>>,
): Pick<FileSystem, 'read' | 'facts' | 'realPath'> {
  const bytes = new Map(
    Object.entries(files).map(([path, content]) => [
      `/stack/${path}`,
      typeof content === 'string' ? new TextEncoder().encode(content) : content,
    ]),
  );
  return {
    read: (path) => Promise.resolve(bytes.get(path) ?? null),
    facts: (path) => {
      const found = bytes.get(path);
      return Promise.resolve(
        found ? { kind: 'file', mode: 0o644, uid: 0, gid: 0, size: found.length } : null,
      );
    },
    realPath: (path) => Promise.resolve(path),
  };
}

/** Loads a stack of the given files: the first one, or those that are named. */
export function stackOf(
  files: Readonly<Record<string, string | Uint8Array>>,
  request: Partial<StackRequest> = {},
): Promise<LoadedStack> {
  const first = Object.keys(files)[0] ?? '';
  return loadStack(filesOf(files), {
    files: [`/stack/${first}`],
    shown: (path) => path.replace('/stack/', ''),
    ...request,
  });
}
