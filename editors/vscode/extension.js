// Starts `rmote-play lsp` for YAML files and the templates next to them.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = () => {
  const settings = workspace.getConfiguration("rmotePlay");
  const inventories = settings.get("inventories").flatMap((it) => ["-i", it]);
  const server = { command: settings.get("path"), args: ["lsp", ...inventories] };
  const selector = [
    { scheme: "file", language: "yaml" },
    { scheme: "file", pattern: "**/*.j2" },
  ];
  client = new LanguageClient("rmote-play", "rmote-play", server, { documentSelector: selector });
  return client.start();
};

exports.deactivate = () => client?.stop();
