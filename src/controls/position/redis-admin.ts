import { JackerError } from '../../error.ts';
import type { ProbeContext } from '../control.ts';

/** The catalog's name of the Redis service. */
export const redisService = 'redis';

/**
 * Runs commands as the user `admin` inside Redis' container and answers one text for each. The
 * commands and the password go to standard input: no process list and no shell history has them.
 */
export async function askRedis(
  context: ProbeContext,
  commands: readonly string[],
): Promise<string[]> {
  const container = context.containers.get(redisService);
  if (!container) throw new JackerError('not-running', { what: 'No container of redis runs' });
  const password = await context.readSecret('redis-admin');
  const mark = Buffer.from(context.random.bytes(8)).toString('hex');
  const stdin = [
    `AUTH admin ${password}`,
    `ECHO ${mark}`,
    ...commands.flatMap((command) => [command, `ECHO ${mark}`]),
    '',
  ].join('\n');
  const { stdout } = await context.engine.exec(container.id, ['redis-cli'], {
    stdin,
    timeoutMs: 20_000,
    signal: context.signal,
  });
  const [greeting = '', ...answers] = stdout.split(`${mark}\n`).map((text) => text.trim());
  if (greeting !== 'OK' || answers.length < commands.length) {
    throw new JackerError('docker-failed', {
      what: 'Redis did not let its admin user in',
      hint: 'Render and apply the ACL file again: jacker up',
    });
  }
  return answers.slice(0, commands.length);
}
