import { createServer } from 'node:http';
import { listContainers } from './docker-api.js';
import { checkStores, countVisit } from './stores.js';

const maxBody = 1024 * 1024;

function sendJson(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(value)}\n`);
}

async function showPage(request, response) {
  const visits = await countVisit();
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(
    '<!doctype html><html lang="en"><title>Sample application</title><h1>Sample application</h1>' +
      `<p>Visits: <b id="postgres">${visits.postgres}</b> in PostgreSQL, ` +
      `<b id="redis">${visits.redis}</b> in Redis.</p></html>\n`,
  );
}

async function showHealth(request, response) {
  const stores = await checkStores();
  const healthy = Object.values(stores).every((state) => state === 'ok');
  sendJson(response, healthy ? 200 : 503, stores);
}

async function showVisitor(request, response) {
  const headers = request.headers;
  sendJson(response, 200, {
    user: headers['x-forwarded-user'] ?? null,
    email: headers['x-forwarded-email'] ?? null,
    address: request.socket.remoteAddress,
    forwardedFor: headers['x-forwarded-for'] ?? null,
    headers,
  });
}

async function echo(request, response) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > maxBody) return sendJson(response, 413, { error: 'too large' });
    chunks.push(chunk);
  }
  response.writeHead(200, { 'content-type': request.headers['content-type'] ?? 'text/plain' });
  response.end(Buffer.concat(chunks));
}

async function showContainers(request, response) {
  if (!process.env.DOCKER_API) return sendJson(response, 404, { error: 'not configured' });
  const { status, body } = await listContainers();
  sendJson(response, status, body);
}

const routes = {
  'GET /': showPage,
  'GET /healthz': showHealth,
  'GET /whoami': showVisitor,
  'POST /echo': echo,
  'GET /docker': showContainers,
};

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const route = routes[`${request.method} ${pathname}`];
  if (route === undefined) return sendJson(response, 404, { error: 'not found' });
  route(request, response).catch((error) => {
    console.error(`${request.method} ${pathname}: ${error.message}`);
    if (!response.headersSent) sendJson(response, 500, { error: error.message });
  });
});
server.listen(Number(process.env.PORT ?? 3000), () => console.log('listening'));
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}
