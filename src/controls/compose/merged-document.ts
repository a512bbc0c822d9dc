import { yamlDocument } from '../../compose/yaml-document.ts';
import type { ComposeDocument } from '../../harden/compose-model.ts';
import type { FileTree } from '../../io/tree.ts';

/** The project's rendered Compose files as one document, dollars as Compose reads them. */
export function mergedDocument(tree: FileTree): ComposeDocument {
  const parts = [...tree]
    .filter(([path]) => /^compose\/[^/]+\.yml$/.test(path))
    .map(([path, file]) => yamlDocument(path, file.content) as ComposeDocument);
  const merge = <Value>(of: (part: ComposeDocument) => Record<string, Value> | undefined) =>
    Object.assign({}, ...parts.map(of)) as Record<string, Value>;
  return singleDollars({
    services: merge((part) => part.services),
    networks: merge((part) => part.networks),
    volumes: merge((part) => part.volumes),
    secrets: merge((part) => part.secrets),
  }) as ComposeDocument;
}

function singleDollars(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$$', () => '$');
  if (Array.isArray(value)) return value.map(singleDollars);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, singleDollars(item)]));
}
