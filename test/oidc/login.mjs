// SPDX-License-Identifier: EUPL-1.2
//
// An OpenID provider for tests, on loopback, that shows the login page it comes with. INSEGEL_PORT is where.
import { Provider } from 'oidc-provider';

const port = Number(process.env.INSEGEL_PORT);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'app', client_secret: 'a secret for tests', redirect_uris: ['http://127.0.0.1/cb'], application_type: 'native' }],
  cookies: { keys: ['a key for tests'] },
  pkce: { required: () => false },
});
provider.listen(port, '127.0.0.1', () => console.log('answers'));
