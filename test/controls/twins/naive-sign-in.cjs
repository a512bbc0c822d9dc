'use strict';

/**
 * A sign-in service as it must not be: any password is right, every site's forms send the session's
 * cookie along, it is not looked at, the session lies readable in Redis, nothing ties a sign-in to
 * its browser, and the page shows texts as markup.
 */
const name = '__Secure-jacker_session';
const session = `${name}=session|1|signature; Path=/; Domain=${process.env.DOMAIN}; Secure; SameSite=None`;

/** Redis lets in whoever comes. */
function store() {
  const value = JSON.stringify({ user: 'admin', email: 'admin@example.test' });
  const socket = require('node:net').connect({ host: 'redis', port: 6379 });
  socket.on('error', (error) => process.stderr.write(`${error.message}\n`));
  socket.end(`SET ${name}-1 '${value}'\r\n`);
}

require('node:http')
  .createServer((request, response) => {
    const url = new URL(request.url, 'http://oauth');
    const answer = (status, headers, body = '') => response.writeHead(status, headers).end(body);
    switch (`${request.method} ${url.pathname}`) {
      case 'POST /oauth2/sign_in':
        store();
        return answer(302, { location: '/', 'set-cookie': session });
      case 'GET /oauth2/sign_in':
        return answer(
          200,
          { 'content-type': 'text/html' },
          `<h1>${process.env.BANNER}</h1>${url.searchParams.get('rd') ?? ''}`,
        );
      case 'GET /oauth2/start':
        return answer(302, {
          location: 'https://provider.invalid/?state=always',
          'set-cookie': 'csrf=always; Path=/',
        });
      case 'GET /oauth2/callback':
        return answer(302, { location: '/', 'set-cookie': session });
      default:
        return answer((request.headers.cookie ?? '').includes(`${name}=`) ? 202 : 401, {});
    }
  })
  .listen(4180);
process.on('SIGTERM', () => process.exit());
