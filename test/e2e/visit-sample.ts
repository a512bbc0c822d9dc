import { expect } from 'vitest';
import { createHttpClient } from './http-client.ts';
import type { TestProject } from './project.ts';

/** Opens the application's page with a session; answers the visits that each store counts. */
export async function visitSample(
  project: TestProject,
): Promise<{ postgres: number; redis: number }> {
  const client = await createHttpClient(project);
  await client.signIn(await project.read('secrets/admin-password'));
  const page = await client.get(`https://sample.${project.domain}:${String(project.httpsPort)}/`);
  expect(page.status).toBe(200);
  const count = (store: string): number =>
    Number(new RegExp(`id="${store}">(\\d+)<`).exec(page.body)?.[1]);
  return { postgres: count('postgres'), redis: count('redis') };
}
