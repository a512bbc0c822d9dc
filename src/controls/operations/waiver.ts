import type { Control, StaticModel } from '../control.ts';

const id = 'J-WVR-01';
const expected = 'a known control, a reason, and a last day that has not passed';

export const waiver: Control = {
  id,
  title: 'Waivers have a reason and have not expired',
  severity: 'low',
  domain: 'operations',
  subject: 'project',
  why: 'A finding that is accepted for ever, or for a reason that nobody wrote down, is a finding that nobody looks at again.',
  references: ['NIST SP 800-53 CA-5'],
  blindSpots: ['Whether the reason is a good one is for a person to judge.'],
  remedy:
    'Mend what the waiver is for and take it out, or write a reason and a new day: until=YYYY-MM-DD.',
  static: ({ waivers }) =>
    (waivers ?? []).map(({ control, fault, position }) => ({
      subject: control,
      status: fault === null ? 'pass' : 'fail',
      expected,
      seen: fault ?? 'so',
      location: [],
      position,
    })),
  examples: {
    pass: [exampleOf(null)],
    fail: [exampleOf('expired'), exampleOf('no reason'), exampleOf('no expiry')],
  },
};

function exampleOf(fault: string | null): StaticModel {
  const position = { file: 'compose.yml', line: 1, column: 1, endLine: 1, endColumn: 1 };
  return { document: { services: {} }, waivers: [{ control: 'J-NET-01', fault, position }] };
}
