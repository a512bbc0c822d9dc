import { textOf } from '../../settings/definition.ts';
import { exampleProject } from '../compose/example.ts';
import type { Control, Reading, StaticResult } from '../control.ts';
import { signInHost } from '../position/session.ts';
import { rateLimited, tooMany } from './rate-limited.ts';

const id = 'LOW-005';
const service = 'oauth';
const file = 'config/oauth/templates/sign_in.html';
const keys = ['SIGN_IN_BANNER', 'SIGN_IN_FOOTER'];

export const signInPage: Control = {
  id,
  title: 'The sign-in page shows its texts as text',
  severity: 'low',
  domain: 'edge',
  subject: 'service',
  why: 'A text of the settings, or of an address, that becomes markup is a script on the page where passwords are typed.',
  references: ['OWASP Cross Site Scripting Prevention Cheat Sheet rule 1'],
  blindSpots: ['Only the texts that Jacker puts in and the address are tried.'],
  remedy: 'Put texts into SIGN_IN_BANNER and SIGN_IN_FOOTER; leave the template to Jacker.',
  static: ({ project }) => {
    if (!project?.stack.services.some(({ name }) => name === service)) return [];
    const page = project.files.get(file);
    return keys.flatMap((key): StaticResult[] => {
      const text = textOf(project.settings, key);
      if (text === '') return [];
      const shown = page !== undefined && readsAs(page, text);
      return [
        {
          subject: service,
          file,
          location: [key],
          expected: 'shown, escaped',
          status: page === undefined ? 'unknown' : shown ? 'pass' : 'fail',
          seen: page === undefined ? 'the file is missing' : shown ? 'so' : 'not shown as text',
        },
      ];
    });
  },
  probe: async (context) => {
    const { body, status } = await context.edge.request({
      host: signInHost(context),
      path: '/oauth2/sign_in',
    });
    return keys.flatMap((key): Reading[] => {
      const text = textOf(context.settings, key);
      if (text === '') return [];
      const base = {
        subject: service,
        read: `the sign-in page: ${key}`,
        from: context.edge.address,
        expected: 'shown, escaped',
      };
      if (status === tooMany) return [{ ...base, status: 'unknown', seen: rateLimited }];
      const shown = readsAs(body, text);
      return [
        {
          ...base,
          status: shown ? 'pass' : 'fail',
          seen: shown ? 'so' : `not shown as text (status ${status})`,
        },
      ];
    });
  },
  attack: async (context) => {
    const mark = Buffer.from(context.random.bytes(6)).toString('hex');
    const inject = `/x"><script>${mark}</script>`;
    const { body, status } = await context.edge.request({
      host: signInHost(context),
      path: `/oauth2/sign_in?rd=${encodeURIComponent(inject)}`,
    });
    const base = {
      subject: service,
      read: 'a script in the address of the sign-in page',
      from: context.edge.address,
      expected: 'not on the page as markup',
    };
    if (status !== 200) {
      const seen = status === tooMany ? rateLimited : `the sign-in page answered ${status}`;
      return [{ ...base, status: 'unknown', seen }];
    }
    const open = body.includes(`<script>${mark}`);
    const seen = open ? 'as markup' : body.includes(mark) ? 'as text' : 'not at all';
    return [{ ...base, status: open ? 'fail' : 'pass', seen }];
  },
  examples: {
    pass: [exampleOf('a < b', '<h1>a &lt; b</h1>')],
    fail: [exampleOf('<b>hi</b>', '<h1><b>hi</b></h1>'), exampleOf('Hello', '<h1></h1>')],
  },
};

/** True where the page's text has it, and its markup does not. */
function readsAs(page: string, text: string): boolean {
  const isMarkup = /[<>&"']/.test(text);
  if (isMarkup && page.includes(text)) return false;
  return decode(page).includes(text);
}

/** Character references back to characters: named, decimal and hexadecimal ones. */
function decode(html: string): string {
  const named: Readonly<Record<string, string>> = {
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
  };
  return html.replaceAll(
    /&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
      return named[name ?? ''] ?? whole;
    },
  );
}

function exampleOf(banner: string, page: string) {
  return exampleProject({
    stack: { services: [{ name: service } as never] },
    settings: { SIGN_IN_BANNER: banner },
    files: { [file]: page },
  });
}
