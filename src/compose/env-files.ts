import { resolve } from 'node:path';
import { fillIn } from './interpolate.ts';
import { limits } from './limits.ts';
import { mergeServices } from './merge.ts';
import { mapServices, textsOf } from './service-nodes.ts';
import type { MappingEntry, MappingNode, ScalarNode, SourceNode } from './source.ts';
import type { Scope, StackFiles } from './stack-files.ts';

/** A document whose services have the variables of their `env_file` in their environment. */
export async function withEnvFiles(
  document: MappingNode,
  scope: Scope,
  files: StackFiles,
): Promise<MappingNode> {
  return mapServices(document, async (service) => {
    const list = service.entries.get('env_file')?.value;
    if (list?.kind !== 'sequence') return service;
    const entries = new Map<string, MappingEntry>();
    const variables = new Map(scope.variables);
    for (const item of list.items) {
      const { path, required } = envFileOf(item);
      if (path === null) continue;
      const file = resolve(scope.folder, path);
      const source = await files.text(file, !required, item, limits.envBytes);
      if (!source) continue;
      files.spend('values', files.entriesOf(source).length, item);
      for (const entry of files.entriesOf(source)) {
        const place = { source, start: entry.start, end: entry.end };
        const text = entry.quote === "'" ? entry.value : fillIn(entry.value, variables).text;
        const value: ScalarNode = { kind: 'scalar', ...place, value: text, fromEnvFile: true };
        entries.set(entry.key, { key: place, value });
        if (!scope.variables.has(entry.key)) variables.set(entry.key, text);
      }
    }
    if (entries.size === 0) return service;
    const own = service.entries.get('environment');
    const { source, start, end } = list;
    const read: MappingNode = { kind: 'mapping', source, start, end, entries };
    const base: MappingNode = {
      ...service,
      entries: new Map([['environment', { key: own?.key ?? list, value: read }]]),
    };
    return mergeServices(base, service);
  });
}

function envFileOf(item: SourceNode): { path: string | null; required: boolean } {
  if (item.kind === 'scalar') return { path: String(item.value), required: true };
  if (item.kind === 'sequence') return { path: null, required: false };
  const required = item.entries.get('required')?.value;
  return {
    path: textsOf(item, 'path')[0] ?? null,
    required: !(required?.kind === 'scalar' && required.value === false),
  };
}
