import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controls } from '../../src/controls/registry.ts';
import { nodeWorld } from '../../src/io/node-world.ts';
import { verify } from '../../src/usecases/verify.ts';
import type { Report, ReportedObservation } from '../../src/verify/report.ts';
import { createTestProject, type TestProject } from '../e2e/project.ts';
import { root } from '../render/project-fixture.ts';
import { ensureTestbed, type Testbed } from '../testbed/index.ts';
import { containerTwins } from './twins/container-twins.ts';
import { canPlayInternet, startInternet, type Internet } from './twins/internet.ts';
import { platformVariants } from './twins/platform-variants.ts';
import { banner, platformTwins, removeTwinImage, softenPlatform } from './twins/platform-twin.ts';

/** Controls without a twin here, and why. */
const elsewhere: Readonly<Record<string, string>> = {
  'J-SEC-02': 'a kernel without AppArmor has neither twin',
  'J-IMG-08': 'a tag is moved in the registry by the tests of images',
  'J-DMN-01': 'softened by the tests of containers',
  'J-RES-06': 'softened by the tests of containers',
  'J-RUN-02': 'softened by the tests of containers',
  'J-DMN-02': 'the engine of the tests is not reconfigured: its answer is, by a unit test',
  'J-SWM-01': 'the engine of the tests is not reconfigured: its answer is, by a unit test',
  'J-HOST-01': "the groups of the machine are not changed: the file's text is, by a unit test",
};

/** What runs: the core, the sample with its proxy, and a service that declares egress. */
const services = [
  'caller',
  'error-pages',
  'oauth',
  'postgres',
  'redis',
  'sample',
  'socket-proxy-sample',
  'traefik',
];

let testbed: Testbed;
let project: TestProject;
let internet: Internet | undefined;
let hardened: Report;
/** These controls at once again: the first time used up what the rate limits allow. */
let again: Report;
let softened: Report;
/** What is seen of one control where it is given up in another way than in `softened`. */
const variants: Report[] = [];

/** Every probe and attack on what runs now. */
async function verifyAll(only?: readonly string[]): Promise<Report> {
  const world = nodeWorld({ color: 'never' });
  try {
    return await verify(
      {
        world: { ...world, env: { ...project.env, HOME: project.directory } },
        root,
        location: {
          directory: project.directory,
          envPath: join(project.directory, '.env'),
        },
        reporter: { step: () => undefined, progress: () => undefined, note: () => undefined },
      },
      {
        attack: true,
        ...(only ? { only } : {}),
        ...(internet ? { internetTarget: internet.address } : {}),
      },
    );
  } finally {
    world.close();
  }
}

function found(report: Report, control: string, part: string): readonly ReportedObservation[] {
  return report.observations.filter((one) => one.control === control && one.part === part);
}

const seen = (list: readonly ReportedObservation[]): string =>
  list.map((one) => `${one.status} ${one.subject}: ${one.seen}`).join('\n');

/** The controls whose requests count towards the operator's own rate limits. */
const askingTheEdge = [
  'CRIT-002',
  'CRIT-004',
  'CRIT-005',
  'HIGH-003',
  'MED-004',
  'MED-007',
  'LOW-005',
];
const containerControls = Object.fromEntries(containerTwins.map((twin) => [twin.control, twin]));

/** Which act it was: of the same kind of subject, whatever its address. */
function actOf(report: Report, { control, subject, read }: ReportedObservation): string {
  const kind = subject in report.images ? 'service' : 'other';
  return `${control} ${kind}: ${read.replace(/ \([^)]*:\d+\)$/, '')}`;
}

describe('the platform and its unhardened twin', () => {
  beforeAll(async () => {
    testbed = await ensureTestbed();
    project = await createTestProject(testbed, {
      sample: true,
      settings: {
        SERVICES_ENABLED: 'sample,caller',
        SIGN_IN_BANNER: `'${banner}'`,
      },
    });
    await project.write(
      'services/caller.yml',
      await readFile(join(root, 'test/fixtures/services/caller.yml'), 'utf8'),
    );
    if (canPlayInternet) internet = await startInternet();
    await project.succeed(['up']);
    hardened = await verifyAll();
    again = await verifyAll(askingTheEdge);
    await softenPlatform(project, testbed);
    softened = await verifyAll();
    for (const variant of platformVariants) {
      await variant.apply(project);
      variants.push(await verifyAll([variant.control]));
    }
    // Two stacks' worth of attacks, and floods that last as long as they last.
  }, 1_200_000);
  afterAll(async () => {
    await removeTwinImage(project);
    await project.remove();
    await internet?.stop();
  });

  it.each(platformTwins.filter((twin) => twin.probed))(
    'is read: $control is in force, and is not without it',
    ({ control }) => {
      const before = found(hardened, control, 'probe');
      const after = found(softened, control, 'probe');
      expect(before.length).toBeGreaterThan(0);
      expect(new Set(before.map((one) => one.status)), seen(before)).toEqual(new Set(['pass']));
      expect(
        after.map((one) => one.status),
        seen(after),
      ).toContain('fail');
    },
  );

  it.each(platformTwins.filter((twin) => twin.attacked))(
    'is attacked: $control refuses, and lets through without it',
    ({ control }) => {
      const before = found(hardened, control, 'attack');
      const after = found(softened, control, 'attack');
      expect(before.length).toBeGreaterThan(0);
      expect(new Set(before.map((one) => one.status)), seen(before)).toEqual(new Set(['pass']));
      expect(
        after.map((one) => one.status),
        seen(after),
      ).toContain('fail');
    },
  );

  it('is attacked in no way that would not have been noticed to succeed', () => {
    const attacks = (report: Report, status: string): string[] =>
      report.observations
        .filter((one) => one.part === 'attack' && one.status === status)
        .map((one) => actOf(report, one));
    const noticed = new Set([softened, ...variants].flatMap((report) => attacks(report, 'fail')));
    const tried = new Set(
      attacks(hardened, 'pass').filter((act) => !(act.split(' ')[0]! in containerControls)),
    );
    expect(tried.size).toBeGreaterThan(30);
    expect([...tried].filter((act) => !noticed.has(act))).toEqual([]);
  });

  it('sees through the twins of single readings', () => {
    const failed = (report: Report, control: string): string[] =>
      found(report, control, 'probe')
        .concat(found(report, control, 'attack'))
        .filter((one) => one.status === 'fail')
        .map((one) => one.read);
    expect(failed(softened, 'CRIT-005')).toContain('the values of sessions in Redis');
    // This route asks for a session in the twin, too: what is wrong is that other sites send it.
    expect(
      found(softened, 'CRIT-004', 'attack').find((one) => one.subject === 'sample-api'),
    ).toMatchObject({ status: 'fail', seen: expect.stringContaining('SameSite=none') as unknown });
    expect(failed(variants.at(-1)!, 'CRIT-003')).toContain('certificate');
  });

  it('gives the same results when it is verified again at once', () => {
    const results = (report: Report): string[] =>
      report.observations
        .filter((one) => askingTheEdge.includes(one.control))
        .map((one) => `${one.status} ${actOf(report, one)} ${one.subject}`);
    expect(new Set(again.observations.map((one) => one.control))).toEqual(new Set(askingTheEdge));
    expect(results(again)).toEqual(results(hardened));
  });

  it('has nothing else that is open or unknown', () => {
    const open = hardened.observations.filter(
      (one) => (one.status === 'fail' && one.exception === undefined) || one.status === 'unknown',
    );
    expect(open.filter((one) => one.control !== 'J-SEC-02').map((one) => one.seen)).toEqual([]);
  });

  it.skipIf(!canPlayInternet)(
    'does not reach the internet from any container but the one that declares it',
    () => {
      const ways = (report: Report): Map<string, string> =>
        new Map(
          found(report, 'J-NET-06', 'attack')
            .filter((one) => one.read.includes('to the internet'))
            .map((one) => [one.subject, one.seen]),
        );
      const expected = (open: readonly string[]): Map<string, string> =>
        new Map(services.map((name) => [name, open.includes(name) ? 'connected' : 'unreachable']));
      expect(ways(hardened)).toEqual(expected(['caller']));
      // The relation that is not internal any more, and the edge that masquerades.
      expect(ways(softened)).toEqual(expected(['caller', 'postgres', 'sample', 'traefik']));
    },
  );

  it('has a twin for each control', () => {
    const twins = new Map<string, { probed: boolean; attacked: boolean }>([
      ...containerTwins.map(
        ({ control, attacked }) => [control, { probed: true, attacked }] as const,
      ),
      ...platformTwins.map((twin) => [twin.control, twin] as const),
    ]);
    for (const { id, probe, attack } of controls) {
      if (id in elsewhere || (!probe && !attack)) continue;
      expect(twins.has(id), id).toBe(true);
      expect(twins.get(id)?.attacked, id).toBe(attack !== undefined);
    }
  });
});
