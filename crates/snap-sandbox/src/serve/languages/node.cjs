// doku-nodejs-library 1.0.52, against a sandbox started with --danger-official-libraries
const { Snap } = require('doku-nodejs-library');
require('doku-nodejs-library/_commons/config').CORE_SANDBOX_BASE_URL = '{{base url}}';

const snap = new Snap({
  isProduction: false,
  clientID: '{{client id}}',
  secretKey: '{{client secret}}',
  privateKey: `{{private key}}`,
  publicKey: `{{public key}}`,
  dokuPublicKey: `{{DOKU's public key}}`,
});
