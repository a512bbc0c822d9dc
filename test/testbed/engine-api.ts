import { request } from 'node:http';

/** Asks the engine behind a Unix socket; rejects when nobody answers in time. */
export async function askEngine(
  socketPath: string,
  path: string,
  timeoutMs = 2000,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, timeout: timeoutMs }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    call.on('error', reject);
    call.end();
  });
}

/** Whether an engine answers there. */
export async function pingEngine(socketPath: string): Promise<boolean> {
  return askEngine(socketPath, '/_ping').then(
    ({ status }) => status === 200,
    () => false,
  );
}
