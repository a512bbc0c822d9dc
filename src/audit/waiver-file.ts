import { JackerError, type Problem } from '../error.ts';
import { parseYaml, UnreadableYaml } from '../compose/parse-yaml.ts';
import { lineAndColumn, type SourceFile, type SourceNode } from '../compose/source.ts';
import type { Waiver } from './waivers.ts';

const keys = ['control', 'subject', 'file', 'reason', 'until'];
const hint =
  'Write waivers: with entries of control, reason and until (YYYY-MM-DD), and subject or file where it is for one only.';

/**
 * The waivers of a file: `waivers:` with a list of `control`, `reason`, `until` and, to narrow it,
 * `subject` and `file`. Throws `usage` with each place that is not so: what is waived must be sure.
 */
export function parseWaiverFile(source: SourceFile): Waiver[] {
  let root: SourceNode | undefined;
  try {
    root = parseYaml(source).documents[0];
  } catch (error) {
    if (!(error instanceof UnreadableYaml)) throw error;
    const { file, line, column, what } = error.gap;
    throw new JackerError('usage', { what, where: { file, line, column }, hint });
  }
  if (root === undefined) return [];
  const problems: Problem[] = [];
  const at = (node: Pick<SourceNode, 'source' | 'start'>) => {
    const [line, column] = lineAndColumn(source, node.start);
    return { file: source.path, line, column };
  };
  const list = root.kind === 'mapping' ? root.entries.get('waivers')?.value : undefined;
  if (list?.kind !== 'sequence') {
    throw new JackerError('usage', { what: 'has no list of waivers', where: at(root), hint });
  }
  const waivers = list.items.flatMap((item): Waiver[] => {
    if (item.kind !== 'mapping') {
      problems.push({ what: 'is no waiver', where: at(item), hint });
      return [];
    }
    const texts = new Map<string, string>();
    for (const [key, { key: place, value }] of item.entries) {
      if (!keys.includes(key) || value.kind !== 'scalar') {
        problems.push({ what: `${key} is not known here`, where: at(place), hint });
      } else texts.set(key, String(value.value ?? ''));
    }
    const control = texts.get('control') ?? '';
    if (control === '') problems.push({ what: 'names no control', where: at(item), hint });
    const subject = texts.get('subject');
    const file = texts.get('file');
    return [
      {
        control,
        reason: (texts.get('reason') ?? '').trim(),
        until: texts.get('until') ?? '',
        at: at(item),
        ...(subject === undefined ? {} : { subject }),
        ...(file === undefined ? {} : { file }),
      },
    ];
  });
  if (problems.length > 0) throw new JackerError('usage', problems);
  return waivers;
}
