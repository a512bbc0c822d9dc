import { describe, expect, it } from 'vitest';
import { parseService } from '../../src/catalog/parse-service.ts';
import { JackerError, type Problem } from '../../src/error.ts';
import { fragmentKeys, refusalReasons } from '../../src/harden/open-keys.ts';
import { serviceText } from './manifests.ts';

const file = 'services/app.yml';
function problemsOf(text: string): readonly Problem[] {
  try {
    parseService(file, text);
  } catch (error) {
    expect(error).toBeInstanceOf(JackerError);
    expect(error).toMatchObject({ code: 'manifest-invalid', exitCode: 2 });
    return (error as JackerError).problems;
  }
  throw new Error('the file was accepted');
}

const head = `services:
  app:
    image: example.test/app:1.0.0
`;
const body = `    x-jacker:
      title: App
      description: An application.
      category: application
      identity: "1000:1000"
      health: { test: [CMD, "true"] }
`;

describe('a service file', () => {
  it('is read with its fragment and its needs, defaults filled in', () => {
    const definition = parseService(file, `${head}    command: [run]\n${body}`);
    expect(definition).toMatchObject({
      name: 'app',
      file,
      fragment: { image: 'example.test/app:1.0.0', command: ['run'] },
      manifest: {
        title: 'App',
        resources: { memory: '128m', cpus: 1, pids: 200 },
        essential: false,
      },
    });
    expect(definition.fragment).not.toHaveProperty('x-jacker');
  });

  it.each([
    ['an unknown key', `${body}      conects: [redis]\n`, 'x-jacker.conects', 10],
    ['a wrong type', `${body}      essential: 3\n`, 'x-jacker.essential', 10],
    ['a wrong item', `${body}      connects: [redis, 7]\n`, 'x-jacker.connects.1', 10],
    [
      'an unknown key deep inside',
      `${body}      routes:\n        - name: web\n          host: a\n          prot: 80\n`,
      'x-jacker.routes.0.prot',
      13,
    ],
    ['a root user', body.replace('1000:1000', '0:0'), 'x-jacker.identity', 8],
    [
      'an exception without a reason',
      `${body}      exceptions:\n        - { control: MED-002, value: CHOWN }\n`,
      'x-jacker.exceptions.0.reason',
      11,
    ],
    [
      'a reason that says nothing',
      `${body}      exceptions:\n        - control: MED-002\n          reason: needed\n`,
      'x-jacker.exceptions.0.reason',
      12,
    ],
    [
      'a bad category',
      body.replace('category: application', 'category: misc'),
      'x-jacker.category',
      7,
    ],
    ['a missing key', body.replace('      title: App\n', ''), 'x-jacker.title', 4],
    ['a derived key', `    privileged: true\n${body}`, 'privileged', 4],
    ['the socket', `${body}      socket: true\n`, 'x-jacker.socket', 10],
    [
      'a port of its own',
      `${body}      publishes: [{ target: 80, setting: HTTP_PORT }]\n`,
      'x-jacker.publishes',
      10,
    ],
    ['an instance per consumer', `${body}      perConsumer: docker\n`, 'x-jacker.perConsumer', 10],
    ['a variable that is no text', `    environment:\n      A: 1\n${body}`, 'environment', 4],
    ['variables as a list', `    environment:\n      - A=b\n${body}`, 'environment', 4],
  ])('with %s is refused with line and key', (_, text, key, line) => {
    const problems = problemsOf(head + text);
    expect(problems).toMatchObject([{ where: { file, line, key } }]);
    for (const { what, hint } of problems) {
      expect(what).not.toBe('');
      expect(hint).toBeTruthy();
    }
  });

  it.each(['App', 'my_app', 'a--b', 'egress', '1a', 'a-'])('is not called %s', (name) => {
    const text = serviceText(name);
    expect(() => parseService(`services/${name}.yml`, text)).toThrow(/is not a name for a service/);
  });

  it('with several problems is told all of them', () => {
    const text = `${head}    privileged: true\n    user: root\n${body}      nothing: 1\n      essential: no-idea\n`;
    expect(problemsOf(text).map(({ where }) => where?.key)).toEqual([
      'privileged',
      'user',
      'x-jacker.essential',
      'x-jacker.nothing',
    ]);
  });

  // What the baseline, the manifest or nobody may set, and what only a later Compose knows.
  it.each([
    ...Object.keys(refusalReasons).filter((key) => !fragmentKeys.has(key)),
    'constructor',
    '__proto__',
    'x-other',
    'a_key_of_next_year',
  ])('may not set %s', (key) => {
    const problems = problemsOf(`${head}    ${key}: host\n${body}`);
    expect(problems).toMatchObject([{ where: { file, line: 4, key } }]);
    expect(problems[0]?.hint).toMatch(/x-jacker/);
  });

  it.each([
    ['two services', `${head}${body}  other:\n    image: x\n`, /app, other/],
    ['another name than the file', head.replace('app:', 'apple:') + body, /apple/],
    ['no service', 'services: {}\n', /no service/],
    ['no map', '- a\n', /no service/],
    ['nothing', '', /no service/],
  ])('with %s is refused: %s', (_, text, what) => {
    expect(problemsOf(text)).toMatchObject([
      { what: expect.stringMatching(what) as string, where: { file, line: 1 } },
    ]);
  });

  it.each([
    ['broken YAML', `${head}    command: [run\n`],
    ['a duplicate key', `${head}    image: other\n${body}`],
    ['a second document', `${head}${body}---\nservices: {}\n`],
  ])('with %s is refused with its line', (_, text) => {
    expect(problemsOf(text)[0]).toMatchObject({
      where: { file, line: expect.any(Number) as number },
      hint: 'The file must be valid YAML.',
    });
  });

  it('without an image or without needs is refused', () => {
    expect(problemsOf(`services:\n  app:\n${body}`)).toMatchObject([{ what: 'names no image' }]);
    expect(problemsOf(head)).toMatchObject([{ what: 'has no x-jacker block' }]);
  });

  it('may set every open key', () => {
    const text = serviceText(
      'app',
      {},
      {
        command: ['a'],
        entrypoint: ['b'],
        environment: { A: 'b' },
        extra_hosts: { 'a.test': '192.0.2.1' },
        init: true,
        labels: { a: 'b' },
        mem_reservation: '8m',
        shm_size: '8m',
        stop_grace_period: '5s',
        stop_signal: 'SIGINT',
        working_dir: '/srv',
      },
    );
    expect(Object.keys(parseService(file, text).fragment).sort()).toEqual([...fragmentKeys].sort());
  });
});
