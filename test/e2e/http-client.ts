import { readFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import type { TestProject } from './project.ts';

/** One answer. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** A client with a cookie jar that reaches a project's edge over HTTPS and trusts only its CA. */
export interface HttpClient {
  get(url: string, headers?: Record<string, string>): Promise<Answer>;
  post(url: string, body: string, headers?: Record<string, string>): Promise<Answer>;
  /** Signs in with the local account; answers what the form's POST answered. */
  signIn(password: string, user?: string): Promise<Answer>;
  cookies: Map<string, string>;
}

/** A browser's Accept header: what makes the gate answer with the sign-in page. */
export const browserAccept = { accept: 'text/html,application/xhtml+xml' };

/** A fresh client without a session. */
export async function createHttpClient(project: TestProject): Promise<HttpClient> {
  const ca = await readFile(join(project.directory, 'secrets/ca.crt'));
  const cookies = new Map<string, string>();
  const send = (
    method: string,
    url: string,
    body: string | undefined,
    headers: Record<string, string>,
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const target = new URL(url);
      const request = httpsRequest(
        {
          host: '127.0.0.1',
          port: project.httpsPort,
          servername: target.hostname,
          path: `${target.pathname}${target.search}`,
          method,
          ca,
          agent: false,
          headers: {
            host: target.host,
            ...(cookies.size > 0
              ? { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
              : {}),
            ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            for (const line of response.headers['set-cookie'] ?? []) {
              const [pair = ''] = line.split(';');
              const [name = '', ...value] = pair.split('=');
              if (/max-age=0|expires=thu, 01 jan 1970/i.test(line) || value.join('=') === '')
                cookies.delete(name);
              else cookies.set(name, value.join('='));
            }
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString(),
            });
          });
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  return {
    cookies,
    get: (url, headers = {}) => send('GET', url, undefined, headers),
    post: (url, body, headers = {}) =>
      send('POST', url, body, { 'content-type': 'application/x-www-form-urlencoded', ...headers }),
    signIn: (password, user = 'admin') =>
      send(
        'POST',
        `https://auth.${project.domain}:${String(project.httpsPort)}/oauth2/sign_in`,
        new URLSearchParams({
          username: user,
          password,
          rd: `https://${project.domain}:${String(project.httpsPort)}/`,
        }).toString(),
        { 'content-type': 'application/x-www-form-urlencoded' },
      ),
  };
}
