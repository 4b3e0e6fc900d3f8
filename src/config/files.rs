//! The store of recordings and exports.
//!
//! Owns: what these settings mean, and whether they are consistent. Never does: open the store
//! before it is asked to.

use std::path::Path;

use ::files::{Bucket, Credentials, Files, FilesError, Place};
use reqwest::Url;

use super::llm::is_near;
use super::{ConfigError, Settings, bad};

impl Settings {
    /// Returns FILES_URL with the settings that belong to it, or a folder in DATA_DIR if it is
    /// empty.
    pub fn files_place(&self) -> Result<Place, ConfigError> {
        let url = &self.files.url;
        if url.is_empty() {
            if !self.files.endpoint.is_empty() {
                return Err(bad("files.endpoint", "requires FILES_URL=s3://BUCKET, which is not set"));
            }
            return Ok(Place::Folder(self.storage.data_dir.join(storage::FILES)));
        }
        let wrong = || bad("files.url", "must be file:///FOLDER or s3://BUCKET/PREFIX");
        let parsed = Url::parse(url).map_err(|_| wrong())?;
        if !parsed.username().is_empty() || parsed.password().is_some() || parsed.query().is_some() {
            return Err(bad(
                "files.url",
                "must contain neither credentials nor a query. Set AWS_ACCESS_KEY_ID instead",
            ));
        }
        match parsed.scheme() {
            "file" => {
                if !self.files.endpoint.is_empty() {
                    return Err(bad("files.endpoint", "requires FILES_URL=s3://BUCKET, and not a folder"));
                }
                let folder = parsed.to_file_path().ok().filter(|folder| folder != Path::new("/"));
                Ok(Place::Folder(folder.ok_or_else(wrong)?))
            }
            "s3" => Ok(Place::S3(Box::new(self.bucket(&parsed)?))),
            _ => Err(wrong()),
        }
    }

    fn bucket(&self, url: &Url) -> Result<Bucket, ConfigError> {
        let files = &self.files;
        let Some(name) = url.host_str().filter(|_| url.port().is_none()) else {
            return Err(bad("files.url", "must name a bucket, as in s3://BUCKET/PREFIX"));
        };
        let credentials = match (files.access_key_id.as_str(), files.secret_access_key.as_str()) {
            ("", "") => None,
            ("", _) => return Err(bad("files.access_key_id", "is required with AWS_SECRET_ACCESS_KEY")),
            (_, "") => return Err(bad("files.secret_access_key", "is required with AWS_ACCESS_KEY_ID")),
            (key_id, secret) => Some(Credentials {
                key_id: key_id.to_owned(),
                secret: secret.to_owned(),
                session_token: files.session_token.clone(),
            }),
        };
        Ok(Bucket {
            name: name.to_owned(),
            prefix: url.path().trim_matches('/').to_owned(),
            endpoint: self.endpoint()?,
            region: files.region.clone(),
            credentials,
        })
    }

    fn endpoint(&self) -> Result<Option<Url>, ConfigError> {
        let endpoint = &self.files.endpoint;
        if endpoint.is_empty() {
            return Ok(None);
        }
        let bare =
            |url: &Url| url.has_host() && url.path() == "/" && url.query().is_none() && url.username().is_empty();
        let url = Url::parse(endpoint).ok().filter(bare);
        match url {
            Some(url) if url.scheme() == "https" => Ok(Some(url)),
            Some(url) if url.scheme() == "http" && url.host_str().is_some_and(is_near) => Ok(Some(url)),
            Some(url) if url.scheme() == "http" => Err(bad(
                "files.endpoint",
                "must be https, because http would send recordings unencrypted (http is allowed only in this network)",
            )),
            _ => Err(bad("files.endpoint", "must be a URL without a path, such as https://s3.example.org")),
        }
    }

    /// Returns the store of files. No request is sent to a bucket yet.
    pub fn open_files(&self) -> Result<Files, FilesError> {
        let unusable =
            |error: ConfigError| FilesError::Place { place: "FILES_URL".to_owned(), reason: error.to_string() };
        let place = self.files_place().map_err(unusable)?;
        if let Place::Folder(folder) = &place
            && !self.files.url.is_empty()
            && !folder.is_dir()
        {
            // If a shared folder is not mounted, a local folder must not be created in its place.
            let reason = "the folder does not exist. Mount it, or create it once".to_owned();
            return Err(FilesError::Place { place: place.to_string(), reason });
        }
        Files::open(&place, &self.storage.data_dir)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Place, String> {
        let found = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
        let settings = Settings::read(None, found).map_err(|error| error.to_string())?;
        settings.files_place().map_err(|error| error.to_string())
    }

    #[test]
    fn a_folder_in_the_data_folder_a_shared_one_or_a_bucket() {
        assert_eq!(with(&[("DATA_DIR", "/srv/data")]), Ok(Place::Folder("/srv/data/files".into())));
        assert_eq!(with(&[("FILES_URL", "file:///srv/shared")]), Ok(Place::Folder("/srv/shared".into())));
        let keys = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_REGION", "eu-central-1")];
        let url = ("FILES_URL", "s3://interviews/a/b/");
        let Ok(Place::S3(bucket)) = with(&[keys.as_slice(), &[url]].concat()) else { panic!("a bucket") };
        assert_eq!((bucket.name.as_str(), bucket.prefix.as_str()), ("interviews", "a/b"));
        assert_eq!((bucket.region.as_str(), bucket.endpoint), ("eu-central-1", None));
        assert_eq!(bucket.credentials.unwrap().key_id, "id");
        let near = ("FILES_ENDPOINT", "http://minio:9000");
        let Ok(Place::S3(bucket)) = with(&[("FILES_URL", "s3://interviews"), near]) else { panic!("a bucket") };
        assert_eq!((bucket.prefix.as_str(), bucket.credentials), ("", None), "the environment's own credentials");
        assert_eq!(bucket.endpoint.unwrap().port(), Some(9000));
        // Credentials for other programs have no effect here.
        assert!(with(&[("AWS_ACCESS_KEY_ID", "id")]).is_ok());
    }

    #[test]
    fn what_is_wrong_names_itself() {
        let s3 = ("FILES_URL", "s3://interviews");
        for (variable, pairs) in [
            ("FILES_URL", vec![("FILES_URL", "srv/shared")]),
            ("FILES_URL", vec![("FILES_URL", "file://server/share")]),
            ("FILES_URL", vec![("FILES_URL", "file:///")]),
            ("FILES_URL", vec![("FILES_URL", "https://bucket.s3.example.org")]),
            ("FILES_URL", vec![("FILES_URL", "s3://id:violet@interviews")]),
            ("FILES_URL", vec![("FILES_URL", "s3:///prefix")]),
            ("FILES_ENDPOINT", vec![("FILES_ENDPOINT", "https://s3.example.org")]),
            ("FILES_ENDPOINT", vec![("FILES_URL", "file:///srv/shared"), ("FILES_ENDPOINT", "https://s3.example.org")]),
            ("FILES_ENDPOINT", vec![s3, ("FILES_ENDPOINT", "http://s3.example.org")]),
            ("FILES_ENDPOINT", vec![s3, ("FILES_ENDPOINT", "https://s3.example.org/interviews")]),
            ("FILES_ENDPOINT", vec![s3, ("FILES_ENDPOINT", "s3.example.org")]),
            ("AWS_SECRET_ACCESS_KEY", vec![s3, ("AWS_ACCESS_KEY_ID", "id")]),
            ("AWS_ACCESS_KEY_ID", vec![s3, ("AWS_SECRET_ACCESS_KEY", "violet")]),
        ] {
            let error = with(&pairs).unwrap_err();
            assert!(error.contains(variable) && !error.contains("violet"), "{pairs:?}: {error}");
        }
    }
}
