import { JackerError } from '../error.ts';
import { fail, unknown, type Check } from './doctor/check.ts';
import {
  composeChecks,
  connectionChecks,
  daemonChecks,
  engineChecks,
} from './doctor/engine-checks.ts';
import type { DoctorInput, EngineFacts } from './doctor/facts.ts';
import { clockChecks, diskChecks, groupChecks, memoryCheck } from './doctor/host-checks.ts';
import { dnsChecks, networkChecks, portChecks } from './doctor/network-checks.ts';

export type { Check } from './doctor/check.ts';
export type { DoctorInput } from './doctor/facts.ts';

/** Looks at everything that the project needs from its host. Changes nothing; never throws. */
export async function doctor(input: DoctorInput): Promise<Check[]> {
  const { engine, checks: reach } = await askEngine(input);
  const local = engine === null || engine.endpoint.kind === 'unix';
  const groups: [id: string, title: string, look: () => Promise<Check[]> | Check[]][] = [
    ['compose', 'Docker Compose', () => composeChecks(input)],
    ['engine-security', 'Isolation by the engine', () => engineChecks(engine)],
    ['daemon', 'Configuration of the engine', () => daemonChecks(input, engine, local)],
    ['docker-group', 'Users with root through Docker', () => groupChecks(input, engine, local)],
    ['ports', 'Ports', () => portChecks(input, engine, local)],
    ['disk', 'Disk', () => diskChecks(input, engine, local)],
    ['memory', 'Memory', () => [memoryCheck(input, engine)]],
    ['networks', 'Networks', () => networkChecks(input, engine, local)],
    ['clock', 'Clock', () => clockChecks(input, engine)],
    ['dns', 'Names', () => dnsChecks(input)],
  ];
  const checks = [...reach];
  for (const [id, title, look] of groups) {
    try {
      checks.push(...(await look()));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      checks.push(unknown(id, title, why, 'Run it once more as root: sudo jacker doctor'));
    }
  }
  return checks;
}

async function askEngine(
  input: DoctorInput,
): Promise<{ engine: EngineFacts | null; checks: Check[] }> {
  const title = 'Docker Engine';
  try {
    const { endpoint, engine } = await input.openEngine();
    try {
      const version = await engine.version();
      const before = input.world.clock.now().getTime();
      const info = await engine.info();
      const middle = (before + input.world.clock.now().getTime()) / 2;
      const facts: EngineFacts = {
        endpoint,
        version,
        info,
        clockAhead: (Date.parse(info.systemTime) - middle) / 1000,
        containers: await engine.listContainers({}),
        networks: await engine.listNetworks({}),
      };
      return {
        engine: facts,
        checks: connectionChecks(facts),
      };
    } finally {
      engine.close();
    }
  } catch (error) {
    const [problem] = error instanceof JackerError ? error.problems : [];
    const seen = problem ? [problem.what, problem.why].filter(Boolean).join(': ') : String(error);
    const advice = problem?.hint ?? 'See whether Docker works: docker version';
    return { engine: null, checks: [fail('engine', title, seen, advice)] };
  }
}
