import { exampleService } from '../compose/example.ts';
import { commandTexts } from '../compose/service-commands.ts';
import { viewOf } from '../compose/stack-view.ts';
import type { Control, StaticResult } from '../control.ts';

const id = 'J-CMD-02';
const expected = 'variables from env_file or environment';
const sourced =
  /(^|[\s;&|("'])(source|\.)\s+["']?[^\s;&|"']{0,200}\.env(\.[a-z]{1,20})?["']?([\s;&|)"']|$)/;

export const sourcedEnv: Control = {
  id,
  title: 'No shell runs the file of variables',
  severity: 'low',
  domain: 'operations',
  subject: 'service',
  why: 'A .env that a shell sources is a program: a value with a space ends it with an error, one with $( ) or a backtick is carried out, and Compose reads the same line differently.',
  references: [
    'https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/',
  ],
  blindSpots: [
    'A script that a command calls is not read, and neither is one outside of the stack.',
  ],
  remedy:
    'Name the file under env_file: Compose reads it as data, and the program finds its variables set.',
  static: (model) =>
    viewOf(model).services.flatMap((view): StaticResult[] => {
      const base = { subject: view.name, expected };
      const commands = commandTexts(view);
      const found = commands.find(({ text }) => sourced.test(text));
      if (found) return [{ ...base, status: 'fail', seen: 'sourced', location: found.location }];
      const location = ['services', view.name];
      return commands.length === 0 ? [] : [{ ...base, status: 'pass', seen: 'so', location }];
    }),
  examples: {
    pass: [
      exampleService({ command: ['node', '--env-file=.env', 'server.js'] }),
      exampleService({ command: 'sh -c "cat .env.example; exec app"' }),
    ],
    fail: [
      exampleService({ command: ['sh', '-c', '. /app/.env && exec app'] }),
      exampleService({ entrypoint: 'bash -c "set -a; source .env; exec app"' }),
    ],
  },
};
