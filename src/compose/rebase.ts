import { join, relative } from 'node:path/posix';
import { changeEach, changeValueOf } from './change-node.ts';
import type { MappingNode, ScalarNode, SourceNode } from './source.ts';

/**
 * A document in one notation, whose relative paths start from `from`, with paths that start from
 * `to`: a file that is included or extended lies elsewhere than what it is merged into.
 *
 * @param from absolute
 * @param to absolute
 */
export function rebasePaths(document: MappingNode, from: string, to: string): MappingNode {
  if (from === to) return document;
  const path = (node: SourceNode): SourceNode =>
    node.kind === 'scalar' && typeof node.value === 'string'
      ? rewritten(node, movedPath(node.value, from, to))
      : node;
  const mount = (node: SourceNode): SourceNode => {
    if (node.kind === 'mapping') {
      const type = node.entries.get('type')?.value;
      const isBind = type?.kind === 'scalar' && type.value === 'bind';
      return isBind ? changeValueOf(node, 'source', path) : node;
    }
    if (node.kind !== 'scalar' || typeof node.value !== 'string') return node;
    const end = node.value.indexOf(':');
    return end < 0
      ? node
      : rewritten(node, movedPath(node.value.slice(0, end), from, to) + node.value.slice(end));
  };
  const service = (node: SourceNode): SourceNode => {
    if (node.kind !== 'mapping') return node;
    const volumes = changeValueOf(node, 'volumes', (list) =>
      list.kind === 'sequence' ? { ...list, items: list.items.map(mount) } : list,
    );
    return changeValueOf(volumes, 'build', (build) =>
      build.kind === 'mapping' ? changeValueOf(build, 'context', path) : path(build),
    );
  };
  const file = (node: SourceNode): SourceNode =>
    node.kind === 'mapping' ? changeValueOf(node, 'file', path) : node;
  let moved = changeValueOf(document, 'services', (all) => changeEach(all, service));
  moved = changeValueOf(moved, 'secrets', (all) => changeEach(all, file));
  return changeValueOf(moved, 'configs', (all) => changeEach(all, file));
}

function rewritten(node: ScalarNode, value: string): ScalarNode {
  return value === node.value
    ? node
    : { ...node, value, written: node.written ?? String(node.value) };
}

/** A relative path, from another folder; any other text as it is. A volume's name is no path. */
function movedPath(path: string, from: string, to: string): string {
  if (!/^\.{1,2}(\/|$)/.test(path)) return path;
  const moved = relative(to, join(from, path));
  return moved.startsWith('..') ? moved : `./${moved}`;
}
