//! A real editor: Neovim without a screen.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::skip;

/// What the editor does: attach, break the text, wait until that is shown, and ask for what may be written.
const SCRIPT: &str = r#"
local function fail(why) io.stderr:write(why .. "\n") vim.cmd("cquit 3") end
vim.cmd("edit site.yml")
local client = vim.lsp.start_client({ name = "rmote-play", cmd = { PROGRAM, "lsp" }, root_dir = vim.fn.getcwd() })
vim.lsp.buf_attach_client(0, client)
local function wait(what, holds) if not vim.wait(60000, holds, 20) then fail("waited in vain: " .. what) end end
local function count() return #vim.diagnostic.get(0) end
wait("attached", function() return vim.lsp.buf_is_attached(0, client) and next(vim.lsp.buf_get_clients(0)) ~= nil and vim.lsp.buf_get_clients(0)[client].initialized end)
vim.api.nvim_buf_set_lines(0, -1, -1, false, { "      - fs.wirte: { path: /a, content: b }" })
wait("a mistake", function() return count() == 1 end)
local said = vim.diagnostic.get(0)[1]
if said.lnum ~= 6 or not said.message:find("there is no tool") then fail("said: " .. vim.inspect(said)) end
local place = { textDocument = vim.lsp.util.make_text_document_params(), position = { line = 6, character = 9 } }
local answers = vim.lsp.buf_request_sync(0, "textDocument/completion", place, 60000)
local found = false
for _, it in ipairs(answers[client].result.items) do found = found or it.label == "fs.write" end
if not found then fail("not offered") end
vim.api.nvim_buf_set_lines(0, 6, 7, false, { "      - fs.write: { path: /a, content: b }" })
wait("nothing wrong", function() return count() == 0 end)
io.stdout:write("all seen\n")
vim.cmd("qall!")
"#;

#[test]
fn neovim_shows_what_is_wrong_and_offers_what_is_right() {
    if Command::new("nvim")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        skip("no Neovim is installed (apt install neovim)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let site = "hosts: [a]\nrounds:\n  - name: one\n    hosts: all\n    calls:\n      - log.log: hello\n";
    fs::write(folder.path().join("site.yml"), site).unwrap();
    let program = format!("{:?}", env!("CARGO_BIN_EXE_rmote-play"));
    fs::write(folder.path().join("t.lua"), SCRIPT.replace("PROGRAM", &program)).unwrap();
    let ran = Command::new("nvim")
        .args(["--headless", "--clean", "-c", "luafile t.lua"])
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(
        ran.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&ran.stdout)
    );
    assert!(
        format!("{said}{}", String::from_utf8_lossy(&ran.stdout)).contains("all seen"),
        "{said}"
    );
}
