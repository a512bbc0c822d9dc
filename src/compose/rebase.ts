import { join, relative } from 'node:path/posix';
import type { MappingNode, ScalarNode, SourceNode } from './source.ts';

/** Keys of a service's `build` that name folders. */
const buildFolders = new Set(['context']);

/**
 * A document in one notation, whose relative paths start from `from`, with paths that start from
 * `to`: a file that is included or extended lies elsewhere than what it is merged into.
 *
 * @param from absolute
 * @param to absolute
 */
export function rebasePaths(document: MappingNode, from: string, to: string): MappingNode {
  if (from === to) return document;
  const moved = (node: ScalarNode): ScalarNode => {
    const text = typeof node.value === 'string' ? node.value : '';
    const path = movedPath(text, from, to);
    return path === text ? node : { ...node, value: path, written: node.written ?? text };
  };
  const mount = (node: SourceNode): SourceNode => {
    if (node.kind === 'mapping') {
      const type = node.entries.get('type')?.value;
      const isBind = type?.kind === 'scalar' && type.value === 'bind';
      return isBind ? changed(node, 'source', (value) => scalar(value, moved)) : node;
    }
    if (node.kind !== 'scalar' || typeof node.value !== 'string') return node;
    const end = node.value.indexOf(':');
    if (end < 0) return node;
    const source = node.value.slice(0, end);
    const path = movedPath(source, from, to);
    if (path === source) return node;
    const value = path + node.value.slice(end);
    return { ...node, value, written: node.written ?? node.value };
  };
  const service = (node: SourceNode): SourceNode => {
    if (node.kind !== 'mapping') return node;
    const volumes = changed(node, 'volumes', (list) =>
      list.kind === 'sequence' ? { ...list, items: list.items.map(mount) } : list,
    );
    return changed(volumes, 'build', (build) => {
      if (build.kind === 'scalar') return moved(build);
      if (build.kind !== 'mapping') return build;
      return [...buildFolders].reduce<MappingNode>(
        (all, key) => changed(all, key, (value) => scalar(value, moved)),
        build,
      );
    });
  };
  const file = (node: SourceNode): SourceNode =>
    node.kind === 'mapping' ? changed(node, 'file', (value) => scalar(value, moved)) : node;
  return [
    ['services', service],
    ['secrets', file],
    ['configs', file],
  ].reduce<MappingNode>(
    (all, [section, change]) =>
      changed(all, section as string, (node) => eachOf(node, change as typeof service)),
    document,
  );
}

/** A relative path, from another folder; any other text as it is. A volume's name is no path. */
function movedPath(path: string, from: string, to: string): string {
  if (!/^\.{1,2}(\/|$)/.test(path)) return path;
  const moved = relative(to, join(from, path));
  return moved.startsWith('..') ? moved : `./${moved}`;
}

function scalar(node: SourceNode, change: (node: ScalarNode) => ScalarNode): SourceNode {
  return node.kind === 'scalar' ? change(node) : node;
}

/** A map with one of its values changed; the same map where there is none, or it stays. */
function changed(
  node: MappingNode,
  key: string,
  change: (value: SourceNode) => SourceNode,
): MappingNode {
  const entry = node.entries.get(key);
  const value = entry && change(entry.value);
  if (!entry || value === undefined || value === entry.value) return node;
  return { ...node, entries: new Map(node.entries).set(key, { key: entry.key, value }) };
}

function eachOf(node: SourceNode, change: (value: SourceNode) => SourceNode): SourceNode {
  if (node.kind !== 'mapping') return node;
  const entries = new Map(
    [...node.entries].map(([name, entry]) => [
      name,
      { key: entry.key, value: change(entry.value) },
    ]),
  );
  return { ...node, entries };
}
