import { describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import { requireFloor } from '../../src/usecases/static-floor.ts';
import { serviceText } from '../catalog/manifests.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';
import { goldenCases } from '../render/golden-cases.ts';
import {
  addSample,
  prepareFixture,
  writeProject,
  type ProjectFiles,
} from '../render/project-fixture.ts';

const clock = { now: () => new Date('2026-06-01T12:00:00Z') };
const env = 'DOMAIN=example.test\nPRESET=minimal\nSERVICES_ENABLED=app\n';

const health = { test: ['CMD', 'wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:8080/'] };
/** A service that no control has anything against. */
const sound = (needs: object = {}): string => serviceText('app', { health, ...needs });

/** What the floor says of a project that consists of the files. */
async function floorOf(files: ProjectFiles, sample = false) {
  const directory = await temporaryFolder();
  await writeProject(directory, files);
  if (sample) await addSample(directory);
  const prepared = await prepareFixture(directory);
  // Its secrets are all there.
  const secrets = { ...prepared.secrets, isCurrent: () => Promise.resolve(true) };
  return requireFloor({ world: { clock } } as never, { ...prepared, secrets });
}

const problemsOf = async (files: ProjectFiles) => {
  const error = await floorOf(files).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(JackerError);
  const { code, exitCode, problems } = error as JackerError;
  expect({ code, exitCode }).toEqual({ code: 'floor-violated', exitCode: 2 });
  return problems;
};

describe('the floor', () => {
  it.each(Object.entries(goldenCases))(
    'lets the project %s through, and has nothing to note',
    async (name, { env: settings }) => {
      expect(await floorOf({ '.env': settings }, name === 'sample')).toEqual([]);
    },
  );

  it('refuses an image that floats, with control, service, file, line and remedy', async () => {
    const text = sound().replace(/image: .*/, 'image: a/b:latest');
    expect(text).toContain('a/b:latest');
    const line = text.split('\n').findIndex((one) => one.includes('a/b:latest')) + 1;
    expect(await problemsOf({ '.env': env, 'services/app.yml': text })).toEqual([
      {
        what: 'app fails J-IMG-01 (medium): Images have an exact tag',
        where: expect.objectContaining({ file: 'services/app.yml', line, key: 'image' }) as object,
        why: expect.stringContaining('latest') as string,
        hint: expect.stringMatching(/./) as string,
      },
    ]);
  });

  it('refuses a credential in the environment, and never shows it', async () => {
    const text = sound().replace(
      /( +)image: (.*)/,
      '$1image: $2\n$1environment: { PASSWORD: hunter2-hunter2 }',
    );
    const [problem, ...others] = await problemsOf({ '.env': env, 'services/app.yml': text });
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      what: expect.stringMatching(
        /^app fails [A-Z]+-\S+ \((high|critical)\): .*[Cc]redential/,
      ) as string,
      where: {
        file: 'services/app.yml',
        key: expect.stringMatching(/^environment\b/) as string,
      },
    });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  it('lets a sound service through, and names the need from which a fault is derived', async () => {
    expect(await floorOf({ '.env': env, 'services/app.yml': sound() })).toEqual([]);
    const text = sound({ health: { test: ['CMD', 'true'] } });
    const line = text.split('\n').findIndex((one) => one.includes('health:')) + 1;
    expect(await problemsOf({ '.env': env, 'services/app.yml': text })).toMatchObject([
      {
        what: expect.stringMatching(/^app fails J-HC-02/) as string,
        where: { file: 'services/app.yml', line, key: 'x-jacker.health' },
      },
    ]);
  });

  it('names the override or the setting where that is what says so', async () => {
    const files = { '.env': env, 'services/app.yml': sound() };
    const [byOverride] = await problemsOf({
      ...files,
      'overrides/a.yml': 'services:\n  app:\n    environment: {API_TOKEN: abc}\n',
    });
    expect(byOverride?.where).toEqual({
      file: 'overrides/a.yml',
      key: expect.stringMatching(/^services\.app\.environment\b/) as string,
    });
    const [bySetting] = await problemsOf({ ...files, '.env': `${env}APP_IMAGE=a/b:latest\n` });
    expect(bySetting?.where).toMatchObject({ key: 'APP_IMAGE', line: 4 });
  });

  it.each([
    [{ control: 'MED-0002' }, /MED-0002, which is no control/, /Did you mean/],
    [{ control: 'HIGH-001' }, /HIGH-001 has no effect/, /Take it out/],
    [{ control: 'HIGH-001', expires: '2026-05-31' }, /ended on 2026-05-31/, /later date/],
  ])('refuses the exception %j', async (exception, what, hint) => {
    const reason = 'It is here for the sake of a test and of nothing else.';
    const text = sound({ exceptions: [{ ...exception, reason }] });
    expect(await problemsOf({ '.env': env, 'services/app.yml': text })).toMatchObject([
      {
        what: expect.stringMatching(what) as string,
        where: { file: 'services/app.yml', key: expect.stringContaining('exceptions') as string },
        hint: expect.stringMatching(hint) as string,
      },
    ]);
  });
});
