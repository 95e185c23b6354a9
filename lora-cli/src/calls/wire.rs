//! What goes over the socket.
//!
//! The caller sends one line of JSON, such as `{"lora":1,"version":"0.1.0","call":"export","position":9}`, and for an
//! import its input in frames. The owner answers in frames. A frame is one byte that says what it holds, its length in
//! four bytes, most significant first, and that many bytes:
//!
//! | from | byte | holds |
//! |---|---|---|
//! | caller | `i` | bytes of the input; none at its end |
//! | owner | `o` | bytes for standard output |
//! | owner | `p` | how far it is: `{"label":"…","done":1,"total":2}` |
//! | owner | `m` | a line for standard error |
//! | owner | `e` | the exit code in one byte; nothing follows |

use std::io::{self, BufRead, ErrorKind, Read, Write};

use serde::{Deserialize, Serialize};

use super::{Call, Said};

/// The version of what this module reads and writes.
pub(crate) const VERSION: u32 = 1;

/// The longest first line.
const REQUEST_BYTES_MAX: u64 = 64 * 1024;

/// The longest content of a frame; longer ones are refused, and never written.
pub(crate) const FRAME_BYTES_MAX: usize = 64 * 1024;

/// The first line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Request {
    /// [`VERSION`] of the caller.
    pub(crate) lora: u32,
    /// The version of the caller's program.
    pub(crate) version: String,
    /// What is asked.
    #[serde(flatten)]
    pub(crate) call: Call,
}

/// What an owner sends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Said(Said),
    /// The exit code.
    End(u8),
}

pub(crate) fn write_request(to: &mut impl Write, call: &Call) -> io::Result<()> {
    let request = Request { lora: VERSION, version: env!("CARGO_PKG_VERSION").to_owned(), call: call.clone() };
    let mut line = serde_json::to_vec(&request)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Reads the first line.
///
/// # Errors
/// What the connection says, or `InvalidData` with what is wrong with the line.
pub(crate) fn read_request(from: &mut impl BufRead) -> io::Result<Request> {
    let mut line = Vec::new();
    from.take(REQUEST_BYTES_MAX).read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Err(invalid("the first line does not end"));
    }
    // The version first: what a newer caller asks need not be known here.
    #[derive(Deserialize)]
    struct Version {
        lora: u32,
    }
    match serde_json::from_slice(&line)? {
        Version { lora: VERSION } => Ok(serde_json::from_slice(&line)?),
        Version { lora } => Err(invalid(format!(
            "the caller speaks version {lora} of the socket's language and this process version {VERSION}: \
             use the same program for both"
        ))),
    }
}

pub(crate) fn write_answer(to: &mut impl Write, answer: &Answer) -> io::Result<()> {
    match answer {
        Answer::Said(Said::Output(bytes)) => {
            bytes.chunks(FRAME_BYTES_MAX).try_for_each(|bytes| write_frame(to, b'o', bytes))
        }
        Answer::Said(Said::Progress(progress)) => write_frame(to, b'p', &serde_json::to_vec(progress)?),
        Answer::Said(Said::Message(line)) => {
            write_frame(to, b'm', &line.as_bytes()[..line.floor_char_boundary(FRAME_BYTES_MAX)])
        }
        Answer::End(code) => write_frame(to, b'e', &[*code]),
    }
}

/// Reads what an owner says next.
///
/// # Errors
/// What the connection says, `UnexpectedEof` where it ends, or `InvalidData`.
pub(crate) fn read_answer(from: &mut impl Read) -> io::Result<Answer> {
    let text = |bytes| String::from_utf8(bytes).map_err(|_| invalid("a message is not UTF-8"));
    Ok(match read_frame(from)? {
        (b'o', bytes) => Answer::Said(Said::Output(bytes)),
        (b'p', bytes) => Answer::Said(Said::Progress(serde_json::from_slice(&bytes)?)),
        (b'm', bytes) => Answer::Said(Said::Message(text(bytes)?)),
        (b'e', bytes) if bytes.len() == 1 => Answer::End(bytes[0]),
        (kind, _) => return Err(invalid(format!("a frame begins with byte {kind}"))),
    })
}

/// Sends an input to its end.
///
/// # Errors
/// What reading it or the connection says; the owner then knows that the input is not whole.
pub(crate) fn send_input(to: &mut impl Write, mut input: impl Read) -> io::Result<()> {
    let mut buffer = vec![0; FRAME_BYTES_MAX];
    loop {
        let length = input.read(&mut buffer)?;
        write_frame(to, b'i', &buffer[..length])?;
        if length == 0 {
            return Ok(());
        }
    }
}

/// The input that a caller sends.
pub(crate) struct SentInput<R> {
    from: R,
    /// The rest of the frame that is being read.
    rest: io::Cursor<Vec<u8>>,
    ended: bool,
}

impl<R: Read> SentInput<R> {
    pub(crate) fn new(from: R) -> Self {
        Self { from, rest: io::Cursor::default(), ended: false }
    }
}

impl<R: Read> Read for SentInput<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.ended && self.rest.position() == self.rest.get_ref().len() as u64 {
            match read_frame(&mut self.from)? {
                (b'i', bytes) => {
                    self.ended = bytes.is_empty();
                    self.rest = io::Cursor::new(bytes);
                }
                (kind, _) => return Err(invalid(format!("a frame of the input begins with byte {kind}"))),
            }
        }
        self.rest.read(buffer)
    }
}

fn write_frame(to: &mut impl Write, kind: u8, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).expect("frames are short");
    let mut frame = Vec::with_capacity(5 + bytes.len());
    frame.push(kind);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(bytes);
    to.write_all(&frame)
}

fn read_frame(from: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let length = u32::from_be_bytes(length) as usize;
    if length > FRAME_BYTES_MAX {
        return Err(invalid(format!("a frame of {length} bytes")));
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok((kind, bytes))
}

fn invalid(what: impl Into<String>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what.into())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::{Progress, Shown};
    use super::*;

    #[test]
    fn calls_and_answers_come_back_as_they_were() {
        for call in [
            Call::Export { position: Some(7) },
            Call::Export { position: None },
            Call::Check,
            Call::Import { restore: true },
            Call::Show(Shown { uuid: Uuid::nil(), class: None, known: None, part: None, svg: true }),
            Call::Show(Shown {
                uuid: Uuid::max(),
                class: Some("user".to_owned()),
                known: Some(-1),
                part: Some("user_key".to_owned()),
                svg: false,
            }),
        ] {
            let mut line = Vec::new();
            write_request(&mut line, &call).unwrap();
            assert_eq!(read_request(&mut &line[..]).unwrap().call, call);
        }
        let progress = Progress { label: "entries".to_owned(), done: 1, total: None };
        for said in [Said::Output(vec![1, 2]), Said::Progress(progress), Said::Message("ø".to_owned())] {
            let mut bytes = Vec::new();
            write_answer(&mut bytes, &Answer::Said(said.clone())).unwrap();
            assert_eq!(read_answer(&mut &bytes[..]).unwrap(), Answer::Said(said));
        }
        let mut bytes = Vec::new();
        write_answer(&mut bytes, &Answer::End(1)).unwrap();
        assert_eq!(bytes, [b'e', 0, 0, 0, 1, 1]);
        assert_eq!(read_answer(&mut &bytes[..]).unwrap(), Answer::End(1));
    }

    #[test]
    fn what_is_too_long_for_a_frame_is_cut_in_pieces() {
        let long = vec![7; 2 * FRAME_BYTES_MAX + 1];
        let mut bytes = Vec::new();
        write_answer(&mut bytes, &Answer::Said(Said::Output(long.clone()))).unwrap();
        let (mut rest, mut read) = (&bytes[..], Vec::new());
        while !rest.is_empty() {
            let Answer::Said(Said::Output(piece)) = read_answer(&mut rest).unwrap() else { panic!("no output") };
            read.extend(piece);
        }
        assert_eq!(read, long);
        write_answer(&mut bytes, &Answer::Said(Said::Message("ø".repeat(FRAME_BYTES_MAX)))).unwrap();
    }

    #[test]
    fn an_input_is_whole_or_an_error() {
        let input = vec![3; FRAME_BYTES_MAX + 5];
        let mut sent = Vec::new();
        send_input(&mut sent, &input[..]).unwrap();
        let mut read = Vec::new();
        SentInput::new(&sent[..]).read_to_end(&mut read).unwrap();
        assert_eq!(read, input);
        for cut in [0, 1, 5, 100, sent.len() - 5, sent.len() - 1] {
            let error = SentInput::new(&sent[..cut]).read_to_end(&mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "cut at {cut}");
        }
    }

    #[test]
    fn anything_else_is_an_error() {
        for line in [
            "",
            "\n",
            "{}",
            "{}\n",
            "[1]\n",
            "{\"lora\":1}\n",
            "{\"lora\":1,\"version\":\"\",\"call\":\"x\"}\n",
            "\u{0}\n",
        ] {
            read_request(&mut line.as_bytes()).expect_err(line);
        }
        let newer = read_request(&mut &b"{\"lora\":2,\"what\":[]}\n"[..]).unwrap_err().to_string();
        assert!(newer.contains("version 2"), "{newer}");
        let long = vec![b' '; 2 * REQUEST_BYTES_MAX as usize];
        assert!(read_request(&mut &long[..]).unwrap_err().to_string().contains("does not end"));
        for frame in [
            &b"e\0\0\0\x02ab"[..],
            b"e\0\0\0\0",
            b"x\0\0\0\0",
            b"o\xff\xff\xff\xff",
            b"m\0\0\0\x01\xff",
            b"p\0\0\0\x01{",
        ] {
            read_answer(&mut &frame[..]).unwrap_err();
        }
        SentInput::new(&b"o\0\0\0\0"[..]).read_to_end(&mut Vec::new()).unwrap_err();
    }
}
