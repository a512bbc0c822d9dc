import { exampleGap, gapResults } from '../compose/gap-results.ts';
import type { Control } from '../control.ts';

const id = 'J-CMP-02';

export const schema: Control = {
  id,
  title: 'Every key and value is one that Compose knows',
  severity: 'medium',
  domain: 'operations',
  subject: 'project',
  why: 'A misspelled key sets nothing: read-only: true leaves the file system writable, and whoever reads the file believes otherwise.',
  references: [
    'J-CMP-02',
    'https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json',
  ],
  blindSpots: [
    'Keys below those of a service are checked for the most part only where hardening reads them.',
    'A key that a newer Compose has is reported until it is known here.',
  ],
  remedy:
    'Write the key as the message says, or begin its name with x- where another tool reads it.',
  static: ({ gaps }) => gapResults(gaps, ['schema'], 'known keys with values of their form'),
  examples: {
    pass: [{ document: { services: {} }, gaps: [] }, exampleGap('variable')],
    fail: [exampleGap('schema')],
  },
};
