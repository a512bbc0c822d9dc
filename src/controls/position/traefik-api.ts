import * as z from 'zod';
import { edgeService } from '../../catalog/resolve-stack.ts';
import { JackerError } from '../../error.ts';
import type { ProbeContext } from '../control.ts';

const list = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

const rateLimitSchema = z.object({
  average: z.number().default(0),
  /** As Go writes a duration, or in nanoseconds. */
  period: z.union([z.string(), z.number()]).nullish(),
  burst: z.number().default(1),
  sourceCriterion: z
    .object({
      requestHost: z.boolean().nullish(),
      requestHeaderName: z.string().nullish(),
      ipStrategy: z.object({ depth: z.number().nullish(), excludedIPs: list }).nullish(),
    })
    .nullish(),
  redis: z.object({ endpoints: list }).nullish(),
});

const rawDataSchema = z.object({
  routers: z
    .record(
      z.string(),
      z.object({
        entryPoints: list,
        middlewares: list,
        service: z.string(),
        rule: z.string(),
        status: z.string(),
        tls: z.object({ options: z.string().nullish() }).nullish(),
        using: list,
      }),
    )
    .nullish()
    .transform((value) => value ?? {}),
  middlewares: z
    // The password for Redis is among what is left out here.
    .record(
      z.string(),
      z.object({ status: z.string().nullish(), rateLimit: rateLimitSchema.nullish() }),
    )
    .nullish()
    .transform((value) => value ?? {}),
});

/** A rate limit as Traefik applies it. */
export type EffectiveRate = z.infer<typeof rateLimitSchema>;

/** Traefik's own view of its routers and middlewares, by `name@provider`. */
export type EdgeView = z.infer<typeof rawDataSchema>;

/** The entry point that only a process inside Traefik's container can reach. */
const probePort = 8083;

/**
 * Asks Traefik's API from inside its container, as the user `probe`. The password goes to the
 * command's standard input.
 */
export async function readEdgeView(context: ProbeContext): Promise<EdgeView> {
  const container = context.containers.get(edgeService);
  if (!container) throw new JackerError('not-running', { what: 'No container of traefik runs' });
  const password = await context.readSecret('traefik-probe');
  const request = [
    // Version 1.0: the answer is one piece and the server closes.
    'GET /api/rawdata HTTP/1.0',
    'Host: 127.0.0.1',
    `Authorization: Basic ${Buffer.from(`probe:${password}`).toString('base64')}`,
    '',
    '',
  ].join('\r\n');
  const { stdout } = await context.engine.exec(
    container.id,
    ['nc', '127.0.0.1', String(probePort)],
    { stdin: request, timeoutMs: 20_000, signal: context.signal },
  );
  const [head = '', ...body] = stdout.split('\r\n\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status !== '200') {
    throw new JackerError('docker-failed', {
      what: `Traefik's API answered ${status ?? 'nothing'}`,
      hint: 'Look at its log: jacker logs traefik',
    });
  }
  return rawDataSchema.parse(JSON.parse(body.join('\r\n\r\n')));
}
