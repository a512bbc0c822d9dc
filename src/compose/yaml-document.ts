import { parseYaml } from './parse-yaml.ts';
import { plainValue } from './plain.ts';

/**
 * The values of a YAML text without their places; undefined where it holds none. Of several documents
 * the first. Throws `UnreadableYaml`.
 *
 * @param path how an error names the text
 */
export function yamlDocument(path: string, text: string): unknown {
  const [first] = parseYaml({ path, text }).documents;
  return first && plainValue(first);
}
