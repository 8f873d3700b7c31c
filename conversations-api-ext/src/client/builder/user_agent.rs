//! The `User-Agent` header.

use crate::Error;

/// Returns this crate and its version, followed by those of the application.
pub(super) fn user_agent(application: Option<&str>) -> Result<String, Error> {
    let own = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    let Some(application) = application else {
        return Ok(own.to_owned());
    };
    let fits = !application.is_empty()
        && application.trim() == application
        && application
            .bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if !fits {
        return Err(Error::invalid(
            format!("the application name {application:?} cannot stand in a header"),
            "use printable ASCII in the form name/version, such as nightly-export/2.1",
        ));
    }
    Ok(format!("{own} {application}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_stands_after_the_crate_in_the_user_agent() {
        assert!(
            user_agent(None)
                .unwrap()
                .starts_with("conversations-api-ext/")
        );
        assert!(user_agent(Some("x/1.0")).unwrap().ends_with(" x/1.0"));
    }
}
