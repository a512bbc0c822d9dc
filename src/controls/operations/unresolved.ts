import type { GapKind } from '../../compose/gap.ts';
import { exampleGap, gapResults } from '../compose/gap-results.ts';
import type { Control } from '../control.ts';

const id = 'J-CMP-01';
const kinds: readonly GapKind[] = ['unresolved', 'variable', 'unreadable'];

export const unresolved: Control = {
  id,
  title: 'Everything that the files name is there',
  severity: 'info',
  domain: 'operations',
  subject: 'project',
  why: 'What an include, an extends, an env_file or a variable would bring cannot be judged: it is left out of the account, never taken for good.',
  references: ['J-CMP-01'],
  blindSpots: ['Variables that the shell has when Compose is called are not known.'],
  remedy: 'Run the audit where the files are, or give it the variables: --env-file.',
  static: ({ gaps }) => gapResults(gaps, kinds, 'no name without a file or a value'),
  examples: {
    pass: [{ document: { services: {} }, gaps: [] }],
    fail: kinds.map((kind) => exampleGap(kind)),
  },
};
