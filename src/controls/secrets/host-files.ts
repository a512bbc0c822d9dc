import type { Control, HostFile, StaticModel, StaticResult } from '../control.ts';

const id = 'J-CRD-06';
const othersAndGroup = 0o077;
const notGroupReader = 0o037;
const expected = 'mode 0600 or narrower, not in version control';

export const hostFiles: Control = {
  id,
  title: 'Files that hold secrets are private to their owner and not in version control',
  severity: 'high',
  domain: 'secrets',
  subject: 'host',
  why: 'A .env that others may read is read by every account and backup of the host; one that git keeps is given to whoever clones it, also after it is deleted.',
  references: ['OWASP Docker Security Cheat Sheet rule 12', 'CIS Docker Benchmark 3'],
  blindSpots: [
    'Only files that the Compose file names, and .env beside it, are looked at.',
    'A file that was committed once and removed later is not seen, nor access lists beside the mode.',
    'Without a look at the host, as in an audit of a file from elsewhere, nothing is known.',
  ],
  remedy:
    'chmod 600 FILE; git rm --cached FILE, add it to .gitignore, and change the secrets in it.',
  static: ({ hostFiles: files = [], project }) =>
    // A secret of Jacker's own has a group that only its readers are in.
    files.map((file) => judge(file, project ? notGroupReader : othersAndGroup)),
  examples: {
    pass: [
      modelOf({ path: '.env', mode: 0o600, tracked: false }),
      modelOf({ path: 'secrets/db', mode: 0o400, tracked: null }),
    ],
    fail: [
      modelOf({ path: '.env', mode: 0o644, tracked: false }),
      modelOf({ path: '.env', mode: 0o600, tracked: true }),
      modelOf({ path: 'secrets/db', mode: 0o640, tracked: null }),
    ],
  },
};

function judge({ path, mode, tracked }: HostFile, forbidden: number): StaticResult {
  const seen = `mode ${(mode & 0o777).toString(8).padStart(4, '0')}`;
  const holds = (mode & forbidden) === 0 && tracked !== true;
  return {
    subject: path,
    status: holds ? 'pass' : 'fail',
    expected,
    seen: tracked === true ? `${seen}, kept by git` : seen,
    location: [],
    position: { file: path, line: 1, column: 1, endLine: 1, endColumn: 1 },
  };
}

function modelOf(file: HostFile): StaticModel {
  return { document: { services: {} }, hostFiles: [file] };
}
